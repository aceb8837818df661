import { DomainError } from '../errors.ts';
import { countOf, type NumberArray } from '../number-array.ts';

/** `\x93NUMPY`. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Where the numbers begin: numpy pads its headers to a multiple of this. */
const alignment = 64;
const littleEndianHere = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Reads numpy's `.npy`, versions 1 to 3, either byte order and either memory order. float16 and float32 give float32; float64, booleans and whole
 * numbers give float64. Little-endian float32 and float64 in C order are views on `bytes`, not copies.
 *
 * @throws {@link DomainError} on another file, a type that is no real number, a whole number beyond ±2⁵³, and a file cut short. Never retried.
 * @see numpy.lib.format.
 */
export function readNpy(bytes: Uint8Array): NumberArray {
  const { kind, littleEndian, fortranOrder, shape, start } = header(bytes);
  const count = countOf(shape);
  const element = elements[kind];
  if (!element)
    throw new DomainError(
      `It holds "${kind}"; readable are booleans, whole numbers and floats of 16 to 64 bits.`,
    );
  const length = count * element.bytes;
  if (bytes.length - start < length)
    throw new DomainError(`It is cut short: ${bytes.length - start} of ${length} bytes of numbers.`);
  const data = numbers(bytes.subarray(start, start + length), kind, littleEndian);
  return { shape, data: fortranOrder && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/** Writes numpy's `.npy`, version 1. Ids and column names have no place in it. */
export function writeNpy({ shape, data }: NumberArray): Uint8Array {
  const kind = data instanceof Float32Array ? 'f4' : 'f8';
  const order = littleEndianHere ? '<' : '>';
  const tuple = shape.length === 1 ? `(${shape.join()},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((magic.length + 4 + text.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

function header(bytes: Uint8Array) {
  if (magic.some((byte, index) => bytes[index] !== byte) || bytes.length < 12)
    throw new DomainError('It is no .npy file.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [textStart, textLength] =
    bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const start = textStart + textLength;
  const text = new TextDecoder('latin1').decode(bytes.subarray(textStart, start));
  const [, order, kind] = /'descr': '([<>|=])(\w+)'/.exec(text) ?? [];
  const [, fortran] = /'fortran_order': (True|False)/.exec(text) ?? [];
  const [, axes] = /'shape': \(([\d, ]*)\)/.exec(text) ?? [];
  if (kind === undefined || fortran === undefined || axes === undefined)
    throw new DomainError(`Its header is not that of one array of numbers: ${text.trim().slice(0, 100)}.`);
  const shape = axes.split(',').filter((axis) => axis.trim() !== '');
  return {
    kind,
    littleEndian: order === '=' ? littleEndianHere : order !== '>',
    fortranOrder: fortran === 'True',
    shape: shape.map(Number),
    start,
  };
}

interface Element {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
}

const elements: Readonly<Record<string, Element>> = {
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => safe(view.getBigInt64(at, little)) },
  u8: { bytes: 8, read: (view, at, little) => safe(view.getBigUint64(at, little)) },
  f2: { bytes: 2, read: (view, at, little) => halfFloat(view.getUint16(at, little)) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

function numbers(bytes: Uint8Array, kind: string, littleEndian: boolean): Float32Array | Float64Array {
  const single = kind === 'f2' || kind === 'f4';
  const { bytes: size, read } = elements[kind] ?? { bytes: 1, read: () => NaN };
  const count = bytes.length / size;
  if ((kind === 'f4' || kind === 'f8') && littleEndian === littleEndianHere) {
    const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
    return single ? new Float32Array(buffer, byteOffset, count) : new Float64Array(buffer, byteOffset, count);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = single ? new Float32Array(count) : new Float64Array(count);
  for (let index = 0; index < count; index++) data[index] = read(view, index * size, littleEndian);
  return data;
}

function safe(whole: bigint): number {
  const value = Number(whole);
  if (!Number.isSafeInteger(value)) throw new DomainError(`It holds ${whole.toString()}, beyond ±2^53.`);
  return value;
}

/** IEEE 754 binary16: one sign bit, five of exponent, ten of fraction. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** From the first axis running fastest to the last one. */
function toRowMajor<T extends Float32Array | Float64Array>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const place = shape.map(() => 0);
  for (let index = 0; index < data.length; index++) {
    result[place.reduce((at, digit, axis) => at * (shape[axis] ?? 1) + digit, 0)] = data[index] ?? NaN;
    for (let axis = 0; axis < shape.length; axis++) {
      const digit = (place[axis] = (place[axis] ?? 0) + 1);
      if (digit < (shape[axis] ?? 1)) break;
      place[axis] = 0;
    }
  }
  return result;
}
