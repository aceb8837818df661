import type { BoxCandidates } from '../../core/geometry/box-candidates.ts';
import type { AnswerCard } from '../card.ts';
import { detectionLimits } from './detection-limits.ts';
import { eachAbove } from './numbers-above.ts';

/** The boxes of one image that are above the score threshold, in pixels of the model's input. */
export interface FoundBoxes extends BoxCandidates {
  /** Writes them by class, where the model tells more than the best one. */
  readonly classScores?: (candidate: number, into: Float32Array) => void;
  /** What mixes the candidate's mask of the prototypes. */
  readonly coefficients: (candidate: number) => Float32Array;
}

/** How numbers lie in an image's row of the output. */
interface Layout {
  readonly cells: number;
  /** From one cell to the next, and from one number of a cell to the next. */
  readonly cellStep: number;
  readonly step: number;
  /** Numbers of a cell before its class scores, and before its mask coefficients. */
  readonly scoresAt: number;
  readonly masksAt: number;
}

/** The best score of each cell that is above the threshold, and its class; elsewhere 0. */
interface BestClasses {
  readonly scores: Float32Array;
  readonly classes: Int32Array;
}

/**
 * A reader of boxes in the layout of the card.
 *
 * @param dims - Of the output.
 * @param coefficients - Mask coefficients of each box; 0 where the model does not segment.
 * @throws Error when the output has other dimensions than the card's layout, or its scores are no numbers.
 */
export function boxReader(
  card: AnswerCard,
  dims: readonly number[],
  coefficients: number,
): (row: Float32Array) => FoundBoxes {
  const { layout: kind = 'v8', nms = 'none' } = card.output;
  const { scoreThreshold } = detectionLimits(card.output);
  const inGraph = nms === 'in-graph';
  const layout = layoutOf(card, dims, coefficients);
  const bestOf = inGraph ? bestOfSuppressed : kind === 'v5' ? bestWithObjectness : bestByClass;
  const { box_format: boxFormat = inGraph ? 'xyxy-pixels' : 'cxcywh-pixels' } = card.output;
  const classes = card.classes.length;
  return (row) => {
    const best = bestOf(row, layout, classes, scoreThreshold);
    if (layout.cells > 0 && !Number.isFinite(row[layout.scoresAt * layout.step]))
      throw new Error('the model answers scores that are no numbers; it has not learned, or is broken');
    const found: number[] = [];
    for (let cell = 0; cell < layout.cells; cell++)
      if ((best.scores[cell] as number) > scoreThreshold) found.push(cell);
    const cells = Int32Array.from(found);
    const number = (cell: number, place: number) => row[cell * layout.cellStep + place * layout.step] ?? NaN;
    const objectness = (cell: number) => (kind === 'v5' ? number(cell, 4) : 1);
    return {
      cells,
      scores: Float32Array.from(cells, (cell) => best.scores[cell] ?? 0),
      classes: Int32Array.from(cells, (cell) => best.classes[cell] ?? 0),
      corners: cornersOf(cells, number, boxFormat),
      ...(!inGraph && {
        classScores: (candidate: number, into: Float32Array) => {
          const cell = cells[candidate] ?? 0;
          const sure = objectness(cell);
          for (let kind = 0; kind < into.length; kind++)
            into[kind] = number(cell, layout.scoresAt + kind) * sure;
        },
      }),
      coefficients: (candidate) =>
        Float32Array.from({ length: coefficients }, (_, index) =>
          number(cells[candidate] ?? 0, layout.masksAt + index),
        ),
    };
  };
}

function layoutOf({ output, classes }: AnswerCard, dims: readonly number[], coefficients: number): Layout {
  const [name = ''] = output.names;
  const [, first = 0, second = 0] = dims;
  const inGraph = output.nms === 'in-graph';
  const head = inGraph ? 6 : (output.layout === 'v5' ? 5 : 4) + classes.length;
  const cellsFirst = inGraph || output.layout === 'v5';
  const [cells, numbers] = cellsFirst ? [first, second] : [second, first];
  if (dims.length !== 3 || numbers !== head + coefficients)
    throw new Error(
      `the output ${name} is [${dims.join(', ')}]; with ${classes.length} classes and ${coefficients} mask coefficients its card wants ` +
        (cellsFirst ? `[images, cells, ${head + coefficients}]` : `[images, ${head + coefficients}, cells]`),
    );
  return {
    cells,
    cellStep: cellsFirst ? numbers : 1,
    step: cellsFirst ? 1 : cells,
    scoresAt: inGraph ? 4 : head - classes.length,
    masksAt: head,
  };
}

/** Class by class, as the numbers lie. */
function bestByClass(
  row: Float32Array,
  { cells, scoresAt }: Layout,
  count: number,
  threshold: number,
): BestClasses {
  const scores = new Float32Array(cells);
  const classes = new Int32Array(cells);
  const all = row.subarray(scoresAt * cells, (scoresAt + count) * cells);
  eachAbove(all, threshold, (place) => {
    const score = all[place] as number;
    const cell = place % cells;
    if (score <= (scores[cell] as number)) return;
    scores[cell] = score;
    classes[cell] = Math.floor(place / cells);
  });
  return { scores, classes };
}

function bestWithObjectness(
  row: Float32Array,
  { cells, cellStep, scoresAt }: Layout,
  count: number,
  threshold: number,
): BestClasses {
  const scores = new Float32Array(cells);
  const classes = new Int32Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const start = cell * cellStep + scoresAt;
    const objectness = row[start - 1] as number;
    if (objectness <= threshold) continue;
    for (let kind = 0; kind < count; kind++) {
      const score = Math.fround(objectness * (row[start + kind] as number));
      if (score <= (scores[cell] as number)) continue;
      scores[cell] = score;
      classes[cell] = kind;
    }
  }
  return { scores, classes };
}

function bestOfSuppressed(row: Float32Array, { cells, cellStep }: Layout, count: number): BestClasses {
  const at = (cell: number, place: number) => row[cell * cellStep + place] ?? NaN;
  const scores = Float32Array.from({ length: cells }, (_, cell) => at(cell, 4));
  const classes = Int32Array.from({ length: cells }, (_, cell) => at(cell, 5));
  const stranger = classes.find((kind) => kind < 0 || kind >= count);
  if (stranger !== undefined)
    throw new Error(`the model answers class ${stranger}; its card names ${count} classes`);
  return { scores, classes };
}

function cornersOf(
  cells: Int32Array,
  number: (cell: number, place: number) => number,
  format: 'cxcywh-pixels' | 'xyxy-pixels',
): Float32Array {
  const corners = new Float32Array(4 * cells.length);
  cells.forEach((cell, index) => {
    const [a, b, c, d] = [number(cell, 0), number(cell, 1), number(cell, 2), number(cell, 3)];
    corners.set(
      format === 'xyxy-pixels' ? [a, b, c, d] : [a - c / 2, b - d / 2, a + c / 2, b + d / 2],
      4 * index,
    );
  });
  return corners;
}
