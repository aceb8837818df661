import type { LabelledBox } from './boxes.ts';
import type { Grid } from './network.ts';

/** What the network should answer for a batch, cell by cell, row by row. */
export interface Targets {
  /** `[batch][classes][rows][columns]`: 1 where a cell stands for an object of the class. */
  readonly classes: Float32Array;
  /** `[batch][4][rows][columns]`: from the cell's centre to the left, top, right and bottom side, in cells; 1 where there is no object. */
  readonly distances: Float32Array;
  /** `[batch][1][rows][columns]`: 1 where a cell stands for an object. */
  readonly hasObject: Float32Array;
  /** `[batch][rows][columns]`: place of that object in its image's list; −1 where there is none. */
  readonly owners: Int32Array;
}

/** Cells this near to an object's centre stand for it, in cells. */
const reach = 1.5;
/** A cell that holds the centre of a tiny object may lie outside of it; IoU needs distances above 0. */
const leastDistance = 0.1;

/**
 * Says which cells stand for which object: those whose centre lies inside its box and within 1.5 cells of the box's centre, and always the
 * one that holds the box's centre. A cell that several claim stands for the smallest.
 *
 * @param images - The objects of each image.
 * @see Tian et al. 2019, "FCOS", with centre sampling.
 */
export function targetsOf(images: readonly (readonly LabelledBox[])[], grid: Grid, classes: number): Targets {
  const cells = grid.rows * grid.columns;
  const targets: Targets = {
    classes: new Float32Array(images.length * classes * cells),
    distances: new Float32Array(images.length * 4 * cells).fill(1),
    hasObject: new Float32Array(images.length * cells),
    owners: new Int32Array(images.length * cells).fill(-1),
  };
  for (const [image, boxes] of images.entries()) {
    // The smallest last: it takes what others have claimed.
    const area = ({ boxPx: [, , width, height] }: LabelledBox): number => width * height;
    for (const box of [...boxes].sort((a, b) => area(b) - area(a)))
      for (const { cell, distances } of claims(box.boxPx, grid)) {
        for (let other = 0; other < classes; other++)
          targets.classes[(image * classes + other) * cells + cell] = other === box.label ? 1 : 0;
        for (const [side, distance] of distances.entries())
          targets.distances[(image * 4 + side) * cells + cell] = Math.max(leastDistance, distance);
        targets.hasObject[image * cells + cell] = 1;
        targets.owners[image * cells + cell] = boxes.indexOf(box);
      }
  }
  return targets;
}

/** The cells that stand for a box. */
function* claims(
  [left, top, width, height]: LabelledBox['boxPx'],
  { rows, columns, stridePx }: Grid,
): Generator<{ cell: number; distances: readonly number[] }> {
  const [x, y] = [(left + width / 2) / stridePx, (top + height / 2) / stridePx];
  const home = { row: Math.min(rows - 1, Math.floor(y)), column: Math.min(columns - 1, Math.floor(x)) };
  const near = Math.ceil(reach);
  for (let row = Math.max(0, home.row - near); row <= Math.min(rows - 1, home.row + near); row++)
    for (
      let column = Math.max(0, home.column - near);
      column <= Math.min(columns - 1, home.column + near);
      column++
    ) {
      const [cx, cy] = [column + 0.5, row + 0.5];
      const distances = [
        cx - left / stridePx,
        cy - top / stridePx,
        (left + width) / stridePx - cx,
        (top + height) / stridePx - cy,
      ];
      const isHome = row === home.row && column === home.column;
      const isNear = Math.abs(cx - x) <= reach && Math.abs(cy - y) <= reach;
      if (isHome || (isNear && Math.min(...distances) > 0)) yield { cell: row * columns + column, distances };
    }
}
