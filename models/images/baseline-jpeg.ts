/** A JPEG of the usual kind: baseline, eight bits, Huffman codes, grey or YCbCr, all in one scan. */
export interface BaselineJpeg {
  readonly width: number;
  readonly height: number;
  /** Luma first. */
  readonly components: readonly JpegComponent[];
  /** Steps that coefficients are multiplied by, by their table's number, in the order that they are coded in. */
  readonly steps: ReadonlyMap<number, Uint8Array>;
  /** How many codes there are of each length from 1 to 16, then their symbols; numbers 0 and 1 are of DC, 2 and 3 of AC. */
  readonly codes: ReadonlyMap<number, Uint8Array>;
  /** MCUs between restarts; 0: there are none. */
  readonly restartInterval: number;
  /** Where the scan's bytes begin. */
  readonly scanAt: number;
}

export interface JpegComponent {
  /** Blocks of an MCU. */
  readonly across: number;
  readonly down: number;
  readonly steps: number;
  readonly dcCodes: number;
  readonly acCodes: number;
}

interface FrameComponent extends Pick<JpegComponent, 'across' | 'down' | 'steps'> {
  readonly id: number;
}

interface Frame extends Pick<BaselineJpeg, 'width' | 'height'> {
  readonly components: readonly FrameComponent[];
}

const markers = {
  baseline: 0xc0,
  codes: 0xc4,
  startOfScan: 0xda,
  steps: 0xdb,
  restartInterval: 0xdd,
  jfif: 0xe0,
  adobe: 0xee,
  lastApplication: 0xef,
  comment: 0xfe,
} as const;

const mostSymbols = 256;
/** A DC coefficient's of eight bits. */
const mostDcBits = 11;

/** Null for anything else, however little. Colour is YCbCr by what libjpeg goes by: JFIF, Adobe's word, or components named 1, 2, 3. */
export function readBaselineJpeg(bytes: Uint8Array): BaselineJpeg | null {
  try {
    return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function read(view: DataView, bytes: Uint8Array): BaselineJpeg | null {
  const steps = new Map<number, Uint8Array>();
  const codes = new Map<number, Uint8Array>();
  let frame: Frame | null = null;
  let restartInterval = 0;
  let isJfif = false;
  let adobe: number | null = null;
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    const end = at + 2 + view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, end);
    if (segment.length !== end - at - 4) return null;
    at = end;
    if (marker === markers.steps) {
      if (!readSteps(segment, steps)) return null;
    } else if (marker === markers.codes) {
      if (!readCodes(segment, codes)) return null;
    } else if (marker === markers.baseline) {
      if (frame) return null;
      frame = readFrame(segment);
      if (!frame) return null;
    } else if (marker === markers.restartInterval) restartInterval = view.getUint16(end - 2);
    else if (marker === markers.jfif) isJfif ||= isNamed(segment, 'JFIF\0');
    else if (marker === markers.adobe && isNamed(segment, 'Adobe')) adobe = segment[11] ?? null;
    else if (marker === markers.startOfScan) {
      const components = frame && readScan(segment, frame);
      if (!frame || !components || !isYcc(frame, isJfif, adobe)) return null;
      const isKnown = components.every(
        (one) => steps.has(one.steps) && codes.has(one.dcCodes) && codes.has(one.acCodes),
      );
      return isKnown ? { ...frame, components, steps, codes, restartInterval, scanAt: end } : null;
    } else if (marker < markers.jfif || (marker > markers.lastApplication && marker !== markers.comment))
      return null;
  }
}

function readSteps(segment: Uint8Array, steps: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < segment.length; at += 65) {
    const number = segment[at] ?? 0;
    if (number > 3 || at + 65 > segment.length) return false;
    steps.set(number, segment.subarray(at + 1, at + 65));
  }
  return true;
}

function readCodes(segment: Uint8Array, codes: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < segment.length;) {
    const number = segment[at] ?? 0;
    let end = at + 17;
    for (let length = 1; length <= 16; length++) end += segment[at + length] ?? 0;
    if ((number & 0xee) !== 0 || end > segment.length || end > at + 17 + mostSymbols) return false;
    if (number < 16)
      for (let symbol = at + 17; symbol < end; symbol++)
        if ((segment[symbol] ?? 0) > mostDcBits) return false;
    codes.set((number >> 4) * 2 + (number & 1), segment.subarray(at + 1, end));
    at = end;
  }
  return true;
}

function readFrame(segment: Uint8Array): Frame | null {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const count = view.getUint8(5);
  if (view.getUint8(0) !== 8 || segment.length !== 6 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, index): FrameComponent => {
    const at = 6 + 3 * index;
    const sampling = view.getUint8(at + 1);
    return {
      id: view.getUint8(at),
      across: sampling >> 4,
      down: sampling & 15,
      steps: view.getUint8(at + 2),
    };
  });
  return { height: view.getUint16(1), width: view.getUint16(3), components };
}

/** The components with their codes, where the scan is of all of them; null where it is not, or they are sampled in another than the usual ways. */
function readScan(segment: Uint8Array, { components }: Frame): JpegComponent[] | null {
  const count = segment[0] ?? 0;
  const rest = 1 + 2 * count;
  const isAll = segment[rest] === 0 && segment[rest + 1] === 63 && segment[rest + 2] === 0;
  if (count !== components.length || segment.length !== rest + 3 || !isAll) return null;
  if (!isUsual(components)) return null;
  const isGrey = components.length === 1;
  const scanned = new Array<JpegComponent>();
  for (const [index, { id, steps, across, down }] of components.entries()) {
    const codes = segment[2 + 2 * index] ?? 0;
    if (segment[1 + 2 * index] !== id || (codes & 0xee) !== 0) return null;
    // A scan of one component is block by block, whatever else is said of it.
    const blocks = isGrey ? { across: 1, down: 1 } : { across, down };
    scanned.push({ ...blocks, steps, dcCodes: codes >> 4, acCodes: 2 + (codes & 1) });
  }
  return scanned;
}

/** Grey; or chroma that is as large as luma, half as wide, or half as wide and high. */
function isUsual([luma, ...chroma]: readonly FrameComponent[]): boolean {
  if (!luma || luma.across < 1 || luma.across > 4 || luma.down < 1 || luma.down > 4) return false;
  if (chroma.length === 0) return true;
  const isKnown = luma.across <= 2 && luma.down <= luma.across;
  return chroma.length === 2 && isKnown && chroma.every(({ across, down }) => across === 1 && down === 1);
}

function isYcc({ components }: Frame, isJfif: boolean, adobe: number | null): boolean {
  if (components.length === 1 || isJfif) return true;
  if (adobe !== null) return adobe === 1;
  return components.map(({ id }) => id).join() === '1,2,3';
}

function isNamed(segment: Uint8Array, name: string): boolean {
  return Array.from(name).every((letter, index) => segment[index] === letter.charCodeAt(0));
}
