import { BaselineDecoder, decoderBytes, type DecoderPasses } from './baseline-decoder.ts';
import { openPasses, roomIn, type PassMemory } from './open-passes.ts';
import { planeBytes, type SourceShape } from './source-shape.ts';
import { spanTable } from './span-table.ts';

/** `byte * factor + offset`, by channel. */
export interface Scaling {
  readonly factors: readonly [number, number, number];
  readonly offsets: readonly [number, number, number];
}

interface Passes extends DecoderPasses {
  readonly memory: PassMemory;
  resize(...args: readonly number[]): void;
  split(source: number, width: number, height: number, room: number): void;
  planes(...args: readonly number[]): void;
}

/** Vectors are read and written whole: so much may be touched past an end. */
const slackBytes = 64;
const sourceAt = decoderBytes;

/**
 * The passes over pixels, in WebAssembly with vectors, on memory of their own: it grows to the largest image and is used again for each.
 * What a method answers is overwritten by the next call.
 */
export class Pixels {
  readonly #passes: Passes;
  readonly #decoder: BaselineDecoder;

  constructor() {
    this.#passes = openPasses() as Passes;
    this.#decoder = new BaselineDecoder(this.#passes, (bytes) => this.#room(bytes));
  }

  /** Room for a source of so many bytes, to decode into. */
  source(bytes: number): Uint8Array {
    return this.#room(sourceAt + bytes).subarray(sourceAt, sourceAt + bytes);
  }

  /** Decodes a usual JPEG to the source, as {@link BaselineDecoder.decode}. */
  decodeJpeg(bytes: Uint8Array, size: SourceShape): boolean {
    return this.#decoder.decode(bytes, sourceAt, size);
  }

  /**
   * Resizes what lies in {@link Pixels.source} to RGB, or grey to grey: each new pixel is the mean of the area that it covers, rounded once. What was RGBX
   * is planes then.
   */
  resize(source: SourceShape, { width, height }: { width: number; height: number }): Uint8Array {
    const rows = spanTable(source.height, height);
    const columns = spanTable(source.width, width);
    const planes = source.channels === 1 ? 1 : 3;
    const plane = planeBytes(source);
    const stride = source.channels * plane;
    const targetBytes = width * height * planes;
    const [rowsAt, columnsAt, lineAt, targetAt, end] = places(
      stride * source.height,
      rows.table.byteLength,
      columns.table.byteLength,
      planes * plane * 2,
      targetBytes,
    );
    const view = this.#room(end);
    if (source.channels === 4) this.#passes.split(sourceAt, source.width, source.height, lineAt);
    view.set(new Uint8Array(rows.table), rowsAt);
    view.set(new Uint8Array(columns.table), columnsAt);
    this.#passes.resize(
      ...[sourceAt, stride, planes, plane],
      ...[rowsAt, rows.taps, columnsAt, columns.taps, lineAt],
      ...[targetAt, width, height],
    );
    return view.subarray(targetAt, targetAt + targetBytes);
  }

  /** RGB images to planes of floats, image by image; there is room for `rows` of them, and those past the given ones are zero. */
  planes(
    images: readonly Uint8Array[],
    { pixels, rows, scaling }: { pixels: number; rows: number; scaling: Scaling },
  ): Float32Array<ArrayBuffer> {
    const floats = pixels * 3;
    const [targetAt, end] = places(pixels * 3, rows * floats * 4);
    const view = this.#room(end);
    for (const [index, image] of images.entries()) {
      view.set(image, sourceAt);
      const at = targetAt + index * floats * 4;
      this.#passes.planes(sourceAt, pixels, at, ...scaling.factors, ...scaling.offsets);
    }
    const result = new Float32Array(this.#passes.memory.buffer, targetAt, rows * floats);
    return result.fill(0, images.length * floats);
  }

  #room(bytes: number): Uint8Array<ArrayBuffer> {
    return roomIn(this.#passes.memory, bytes + slackBytes);
  }
}

/** Where each part after the first begins, and the end of the last. */
function places<const Sizes extends readonly number[]>(...sizes: Sizes): { [Index in keyof Sizes]: number } {
  let at = sourceAt;
  return sizes.map((size) => (at = Math.ceil((at + size + slackBytes) / 64) * 64)) as {
    [Index in keyof Sizes]: number;
  };
}
