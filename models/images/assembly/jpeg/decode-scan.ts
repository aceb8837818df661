import { Component, componentBytes, componentsAt, Scan, scanAt } from './area';
import { forgetLastBlock, readBlock, showLastBlock } from './block';
import { chromaRow, padRows, rowOf } from './chroma-row';
import { colourRow } from './pixel-row';
import { noRestart } from './unstuff';

export {
  codesAt,
  componentBytes,
  componentsAt,
  countsAt,
  scanAt,
  stepsAt,
  stepsBytes,
  zigzagAt,
} from './area';
export { buildCodes, tableBytes } from './codes';
export { unstuff } from './unstuff';

/**
 * Decodes the scan that `scanAt` and `componentsAt` tell of, to grey, or to rows of three planes, one behind the other.
 * The pixels are libjpeg-turbo's, to the bit, as it does it by default: the accurate transform, whole or halved, and smooth upsampling.
 *
 * @returns False where anything is not as it should be; then the pixels are anything.
 */
export function decodeScan(): bool {
  const scan = changetype<Scan>(scanAt);
  const components = scan.components;
  const streamBits = scan.streamBytes << 3;
  const bandRows = componentAt(0).down * componentAt(0).side;
  let restarts = scan.restarts;
  let left = scan.restartInterval;
  let at: u32 = 0;
  let shown: u32 = 0;
  forgetLastBlock();
  for (let band: u32 = 0; band < scan.mcusDown; band++) {
    for (let mcu: u32 = 0; mcu < scan.mcusAcross; mcu++) {
      if (left == 0 && scan.restartInterval > 0) {
        at = (at + 7) & ~7;
        if (at >> 3 != load<u32>(restarts)) return false;
        restarts += 4;
        left = scan.restartInterval;
        for (let one: u32 = 0; one < components; one++) componentAt(one).dc = 0;
      }
      left--;
      at = readMcu(components, band, mcu, at);
      if (at > streamBits) return false;
    }
    showLastBlock();
    if (scan.smoothing > 0) for (let one: u32 = 1; one < components; one++) padRows(componentAt(one), band);
    const isLast = band + 1 == scan.mcusDown;
    // The next band's chroma has a part in this one's last row.
    const ready = isLast ? scan.height : (band + 1) * bandRows - <u32>(scan.smoothing == 2);
    for (; shown < ready; shown++) showRow(scan, shown);
  }
  return (at + 7) >> 3 == scan.streamBytes && load<u32>(restarts) == noRestart;
}

function componentAt(index: u32): Component {
  return changetype<Component>(componentsAt + <usize>index * componentBytes);
}

/** Without a loop, in which the processor would have to foresee where it ends. @returns Where the next one is, in bits. */
function readMcu(components: u32, band: u32, mcu: u32, at: u32): u32 {
  const luma = componentAt(0);
  const side = <usize>luma.side;
  const to = placeOf(luma, band, mcu);
  at = readBlock(luma, at, to);
  if (luma.across == 2) at = readBlock(luma, at, to + side);
  if (luma.down == 2) {
    const below = to + side * luma.stride;
    at = readBlock(luma, at, below);
    at = readBlock(luma, at, below + side);
  }
  if (components == 1) return at;
  const blue = componentAt(1);
  const red = componentAt(2);
  at = readBlock(blue, at, placeOf(blue, band, mcu));
  return readBlock(red, at, placeOf(red, band, mcu));
}

/** Where the pixels of a component's first block go. */
function placeOf(component: Component, band: u32, mcu: u32): usize {
  const side = component.side;
  return rowOf(component, band * component.down * side) + <usize>(mcu * component.across * side);
}

function showRow(scan: Scan, row: u32): void {
  const plane = scan.plane;
  const to = scan.target + <usize>row * scan.planes * plane;
  const luma = rowOf(componentAt(0), row);
  if (scan.components == 1) {
    for (let one: u32 = 0; one < scan.planes; one++) memory.copy(to + <usize>one * plane, luma, plane);
    return;
  }
  const room = scan.chromaRows;
  const blue = chromaRow(scan, componentAt(1), row, room);
  const red = chromaRow(scan, componentAt(2), row, room + ((<usize>scan.width + 63) & ~31));
  colourRow(luma, blue, red, to, plane);
}
