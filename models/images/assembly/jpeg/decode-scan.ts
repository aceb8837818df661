import { Component, componentBytes, componentsAt, Scan, scanAt } from './area';
import { lastCoefficient, readBlock } from './block';
import { chromaRow, padRows, rowOf } from './chroma-row';
import { flatBlock } from './flat-block';
import { halvedBlock } from './halved-block';
import { colourRow } from './pixel-row';
import { noRestart } from './unstuff';
import { wholeBlock } from './whole-block';

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
      for (let one: u32 = 0; one < components; one++) {
        at = decodeBlocks(componentAt(one), band, mcu, at);
        if (at > streamBits) return false;
      }
    }
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

/** A component's part of an MCU. @returns Where the next one is, in bits. */
function decodeBlocks(component: Component, band: u32, mcu: u32, at: u32): u32 {
  const scan = changetype<Scan>(scanAt);
  const side = component.side;
  const stride = component.stride;
  const streamBits = scan.streamBytes << 3;
  for (let v: u32 = 0; v < component.down; v++) {
    let to = rowOf(component, (band * component.down + v) * side) + <usize>(mcu * component.across * side);
    for (let h: u32 = 0; h < component.across; h++) {
      at = readBlock(component, at, scan.streamEnd);
      if (at > streamBits) return at;
      if (lastCoefficient == 0) flatBlock(component.steps, side, to, stride);
      else if (side == 8) wholeBlock(component.steps, to, stride);
      else halvedBlock(component.steps, to, stride);
      to += side;
    }
  }
  return at;
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
