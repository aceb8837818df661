/** What has its place in memory for good, in its first 128 KiB; the rest is laid out by the caller. */

/** Where the coefficients lie, in bytes, in the order that they are coded in, and 64 times where one is written that is none. */
export const zigzagAt: usize = 256;
export const blockAt: usize = 512;
/** Behind the block, which is where a coefficient goes that is none. */
export const workAt: usize = 640;
export const scanAt: usize = 1024;
export const componentsAt: usize = 1280;
export const componentBytes: usize = 64;
/** Four tables of 64 steps as i16. */
export const stepsAt: usize = 2048;
export const stepsBytes: usize = 128;
/** 16 counts and the symbols of a table that is to be built. */
export const countsAt: usize = 3072;
export const codesAt: usize = 4096;

/** What is said of a scan. */
@unmanaged
export class Scan {
  components: u32;
  mcusAcross: u32;
  mcusDown: u32;
  /** In MCUs; 0: there are no restarts. */
  restartInterval: u32;
  /** The end of the bytes that `unstuff` has written, how many they are, and where the restarts are. */
  streamEnd: usize;
  streamBytes: u32;
  restarts: usize;
  /** Where the pixels go. */
  target: usize;
  width: u32;
  height: u32;
  /** Of a row: 1 of grey, or 3; and the bytes of each, as wide as the image or some more, and of colour in whole 16s. */
  planes: u32;
  plane: usize;
  /** 0: chroma is as large as luma; 1: half as wide; 2: and half as high. */
  smoothing: u32;
  /** Room for two rows of chroma as wide as the image, and some more. */
  chromaRows: usize;
}

/** What is said of one of its components. */
@unmanaged
export class Component {
  /** Blocks of an MCU. */
  across: u32;
  down: u32;
  dcCodes: usize;
  acCodes: usize;
  steps: usize;
  /** Two bands of rows, in turn: a band is a row of MCUs. */
  rows: usize;
  stride: usize;
  width: u32;
  /** Pixels of a side that a block gives: 8, or halved 4. */
  side: u32;
  dc: i32;
}
