/** What a JPEG says of itself before its pixels. */
export interface JpegHeader {
  /** As stored, before the orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: colour; 4: CMYK. */
  readonly components: number;
  readonly bits: number;
  /** EXIF, 1 to 8; 1 when nothing is said. */
  readonly orientation: number;
  /** Carries a colour profile, so its numbers may not be sRGB. */
  readonly hasProfile: boolean;
}

const startOfImage = 0xffd8;
const startOfScan = 0xda;
/** Markers of frames: baseline, progressive, lossless and arithmetic. C4, C8 and CC are none. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
const orientationTag = 0x0112;

/** Null for what is no JPEG, or breaks off in its header. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  try {
    return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function read(view: DataView): JpegHeader | null {
  if (view.getUint16(0) !== startOfImage) return null;
  let orientation = 1;
  let hasProfile = false;
  let frame: { bits: number; height: number; width: number; components: number } | null = null;
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // A fill byte.
      continue;
    }
    if (marker === startOfScan) return frame && { ...frame, orientation, hasProfile };
    const segment = at + 4;
    if (isFrame(marker))
      frame = {
        bits: view.getUint8(segment),
        height: view.getUint16(segment + 1),
        width: view.getUint16(segment + 3),
        components: view.getUint8(segment + 5),
      };
    else if (marker === 0xe1 && isNamed(view, segment, 'Exif\0\0'))
      orientation = readOrientation(view, segment + 6) ?? orientation;
    else if (marker === 0xe2 && isNamed(view, segment, 'ICC_PROFILE\0')) hasProfile = true;
    at += 2 + view.getUint16(at + 2);
  }
}

function isNamed(view: DataView, at: number, name: string): boolean {
  return Array.from(name).every((letter, index) => view.getUint8(at + index) === letter.charCodeAt(0));
}

/** Of the first directory of a TIFF header. */
function readOrientation(view: DataView, tiff: number): number | undefined {
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  const entries = view.getUint16(directory, little);
  for (let entry = directory + 2; entry < directory + 2 + entries * 12; entry += 12)
    if (view.getUint16(entry, little) === orientationTag) {
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  return undefined;
}
