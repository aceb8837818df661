import { readBaselineJpeg, type BaselineJpeg } from './baseline-jpeg.ts';
import { jpegLayout, type JpegLayout } from './jpeg-layout.ts';
import { planeBytes, type SourceShape } from './source-shape.ts';

/** Places in the module's memory, and sizes: `assembly/jpeg/area.ts` says what is there. */
const constants = [
  'zigzagAt',
  'scanAt',
  'componentsAt',
  'componentBytes',
  'stepsAt',
  'stepsBytes',
  'countsAt',
  'codesAt',
  'tableBytes',
] as const;
type Constant = (typeof constants)[number];
type Area = Readonly<Record<Constant, number>>;

/** What the module of `assembly/jpeg` exports. */
export interface DecoderPasses extends Readonly<Record<Constant, { readonly value: number }>> {
  buildCodes(table: number): number;
  unstuff(from: number, length: number, to: number, restarts: number): number;
  decodeScan(): number;
}

/** All of that ends before. */
export const decoderBytes = 131_072;
/** Where a coefficient is written that is none, as places in the block go. */
const noneAt = 128;

/** Where coefficients lie, by row, in the order that they are coded in. */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
];

/**
 * Decodes usual JPEGs in WebAssembly to libjpeg-turbo's pixels, in less time: two coefficients are looked up at once, in bits that are laid out for it,
 * while the block before becomes pixels. What is not as usual in any way it leaves to others.
 */
export class BaselineDecoder {
  readonly #passes: DecoderPasses;
  readonly #room: (bytes: number) => Uint8Array;
  readonly #area: Area;
  /** What tables are built for, by number: most images of a pool have the same. */
  readonly #built = new Map<number, Uint8Array>();

  /** @param room - The module's memory, grown to so many bytes at least. */
  constructor(passes: DecoderPasses, room: (bytes: number) => Uint8Array) {
    this.#passes = passes;
    this.#room = room;
    this.#area = Object.fromEntries(constants.map((name) => [name, passes[name].value])) as Area;
    const { zigzagAt } = this.#area;
    const places = room(decoderBytes).subarray(zigzagAt, zigzagAt + 2 * zigzag.length);
    places.fill(noneAt).set(zigzag.map((place) => 2 * place));
  }

  /**
   * @param target - Where in memory the pixels go.
   * @param size - The image's own, grey or of three planes; or half of it, rounded up, in which case it is halved on the way.
   * @returns False where anything is not as usual; then there is anything at `target`.
   */
  decode(bytes: Uint8Array, target: number, size: SourceShape): boolean {
    const jpeg = readBaselineJpeg(bytes);
    if (!jpeg) return false;
    const plane = planeBytes(size);
    const start = target + size.height * size.channels * plane;
    const layout = jpegLayout(jpeg, size, { start, bytes: bytes.length });
    if (!layout) return false;
    const view = this.#room(layout.end);
    if (!this.#build(jpeg, view)) return false;
    // From its beginning, which is aligned: from anywhere else, memory that threads share is copied a few bytes at a time.
    view.set(bytes, layout.file);
    const scanBytes = bytes.length - jpeg.scanAt;
    const streamEnd = layout.stream + bytes.length;
    const streamBytes = this.#passes.unstuff(
      layout.file + jpeg.scanAt,
      scanBytes,
      streamEnd,
      layout.restarts,
    );
    if (streamBytes < 0) return false;
    const { buffer } = view;
    const { scanAt, componentsAt, componentBytes, stepsAt, stepsBytes } = this.#area;
    new Uint32Array(buffer, scanAt).set([
      ...[jpeg.components.length, layout.across, layout.down, jpeg.restartInterval],
      ...[streamEnd, streamBytes, layout.restarts],
      ...[target, size.width, size.height, size.channels, plane, layout.smoothing, layout.chromaRows],
    ]);
    for (const [index, one] of componentsOf(jpeg, layout, this.#area).entries())
      new Uint32Array(buffer, componentsAt + index * componentBytes).set(one);
    for (const [number, steps] of jpeg.steps) {
      const into = new Int16Array(buffer, stepsAt + number * stepsBytes, zigzag.length);
      for (const [order, place] of zigzag.entries()) into[place] = steps[order] ?? 0;
    }
    return this.#passes.decodeScan() === 1;
  }

  #build({ codes }: BaselineJpeg, view: Uint8Array): boolean {
    for (const [number, code] of codes) {
      if (isEqual(this.#built.get(number), code)) continue;
      this.#built.delete(number);
      view.set(code, this.#area.countsAt);
      if (this.#passes.buildCodes(number) === 0) return false;
      this.#built.set(number, code.slice());
    }
    return true;
  }
}

function componentsOf(
  { components }: BaselineJpeg,
  layout: JpegLayout,
  { codesAt, tableBytes, stepsAt, stepsBytes }: Area,
): number[][] {
  return components.map(({ across, down, dcCodes, acCodes, steps }, index) => {
    const { side = 8, width = 0, at = 0, stride = 0 } = layout.components[index] ?? {};
    const tables = [dcCodes, acCodes].map((number) => codesAt + number * tableBytes);
    return [across, down, ...tables, stepsAt + steps * stepsBytes, at, stride, width, side, 0];
  });
}

function isEqual(known: Uint8Array | undefined, code: Uint8Array): boolean {
  return known !== undefined && Buffer.compare(known, code) === 0;
}
