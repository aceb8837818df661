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
    const [number = 0] = segment.subarray(at);
    if (number > 3 || at + 65 > segment.length) return false;
    steps.set(number, segment.subarray(at + 1, at + 65));
  }
  return true;
}

function readCodes(segment: Uint8Array, codes: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < segment.length;) {
    const [number = 0] = segment.subarray(at);
    const symbols = segment.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    const table = segment.subarray(at + 1, at + 17 + symbols);
    if ((number & 0xee) !== 0 || symbols > 256 || table.length !== 16 + symbols) return false;
    if (number < 16 && table.subarray(16).some((symbol) => symbol > mostDcBits)) return false;
    codes.set((number >> 4) * 2 + (number & 1), table);
    at += 17 + symbols;
  }
  return true;
}

function readFrame(segment: Uint8Array): Frame | null {
  const [bits, high = 0, height = 0, wide = 0, width = 0, count = 0] = segment;
  if (bits !== 8 || segment.length !== 6 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, index): FrameComponent => {
    const [id = 0, sampling = 0, steps = 0] = segment.subarray(6 + 3 * index);
    return { id, across: sampling >> 4, down: sampling & 15, steps };
  });
  return { width: wide * 256 + width, height: high * 256 + height, components };
}

/** The components with their codes, where the scan is of all of them; null where it is not, or they are sampled in another than the usual ways. */
function readScan(segment: Uint8Array, { components }: Frame): JpegComponent[] | null {
  const [count = 0] = segment;
  const rest = [...segment.subarray(1 + 2 * count)];
  if (count !== components.length || rest.join() !== '0,63,0') return null;
  const [luma, ...chroma] = components;
  if (!luma || (chroma.length !== 0 && chroma.length !== 2)) return null;
  // A scan of one component is block by block, whatever else is said of it.
  if (components.some(({ across, down }) => ![1, 2, 3, 4].includes(across) || ![1, 2, 3, 4].includes(down)))
    return null;
  const sampling = chroma.length === 0 ? '1x1' : `${luma.across}x${luma.down}`;
  if (!['1x1', '2x1', '2x2'].includes(sampling)) return null;
  if (chroma.some(({ across, down }) => across !== 1 || down !== 1)) return null;
  const scanned = components.map(({ id, steps, across, down }, index): JpegComponent | null => {
    const [named, codes = 0] = segment.subarray(1 + 2 * index);
    if (named !== id || (codes & 0xee) !== 0) return null;
    const blocks = chroma.length === 0 ? { across: 1, down: 1 } : { across, down };
    return { ...blocks, steps, dcCodes: codes >> 4, acCodes: 2 + (codes & 1) };
  });
  return scanned.every((one) => one !== null) ? scanned : null;
}

function isYcc({ components }: Frame, isJfif: boolean, adobe: number | null): boolean {
  if (components.length === 1 || isJfif) return true;
  if (adobe !== null) return adobe === 1;
  return components.map(({ id }) => id).join() === '1,2,3';
}

function isNamed(segment: Uint8Array, name: string): boolean {
  return Array.from(name).every((letter, index) => segment[index] === letter.charCodeAt(0));
}
