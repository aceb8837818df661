import { DomainError } from '../errors.ts';
import type { AnnotatedImage, ImageObject, Shape } from './annotated-image.ts';
import type { FormatReport } from './format-report.ts';
import { joinRings } from './join-rings.ts';
import { boxOfShape, ringsOfShape } from './shape-forms.ts';
import { shapeInImage } from './shape-in-image.ts';

/**
 * The objects of one YOLO label file: a line each, `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 …`, in 0..1 of the image, either with a
 * confidence behind. So of the numbers behind the class, four are a box and six, eight, … a polygon; one more is the confidence.
 *
 * @param file - Names the file in messages.
 * @throws {@link DomainError} naming file and line for another count of numbers, a word, or an unknown class. Never retried.
 */
export function readYoloLabels(
  text: string,
  about: { file: string; names: readonly string[]; width: number; height: number; report: FormatReport },
): ImageObject[] {
  const { file, names, width, height, report } = about;
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${file}:${index + 1}`;
    const words = line.trim().split(/\s+/);
    const numbers = words.map(numberOf);
    const wrong = numbers.findIndex((number) => number === null);
    if (wrong >= 0) throw new DomainError(`${place}: "${words[wrong]?.slice(0, 40) ?? ''}" is no number.`);
    const [classNumber = NaN, ...rest] = numbers as number[];
    const label = names[classNumber];
    if (label === undefined)
      throw new DomainError(`${place}: the class ${words[0] ?? ''} is none of 0 to ${names.length - 1}.`);
    if (rest.length < 4)
      throw new DomainError(
        `${place}: ${rest.length} numbers behind the class are neither a box nor a polygon.`,
      );
    const hasScore = rest.length === 5 || (rest.length > 6 && rest.length % 2 === 1);
    const score = hasScore ? rest.at(-1) : undefined;
    const shape = shapeOf(hasScore ? rest.slice(0, -1) : rest, width, height);
    const checked = shapeInImage(shape, width, height);
    if ('fault' in checked) {
      report.skip(place, checked.fault);
      return [];
    }
    if (checked.clipped) report.clip(place);
    const isScore = score !== undefined && score >= 0 && score <= 1;
    return [{ label, shape: checked.shape, ...(isScore && { score }) }];
  });
}

/** NaN and infinities are numbers, of an object that is then left out. */
function numberOf(word: string): number | null {
  if (/^[+-]?(nan|inf(inity)?)$/i.test(word)) return NaN;
  const number = Number(word);
  return Number.isNaN(number) ? null : number;
}

function shapeOf(numbers: readonly number[], width: number, height: number): Shape {
  if (numbers.length === 4) {
    const [x = NaN, y = NaN, w = NaN, h = NaN] = numbers;
    return { kind: 'box', boxPx: [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height] };
  }
  return {
    kind: 'polygon',
    ringsPx: [numbers.map((number, index) => number * (index % 2 === 0 ? width : height))],
  };
}

/**
 * A label file. Ultralytics wants boxes or polygons in a dataset, never both: for `detect` every shape is its box, for `segment` every shape is
 * one polygon, with its parts and holes joined by lines without width.
 *
 * @param classes - By class number.
 */
export function writeYoloLabels(
  { path, width, height, objects }: AnnotatedImage,
  { classes, task }: { classes: readonly string[]; task: 'detect' | 'segment' },
): string {
  const lines = objects.map(({ label, shape }) => {
    const number = classes.indexOf(label);
    if (number < 0) throw new Error(`The class "${label}" of ${path} is none of those given.`);
    const numbers =
      task === 'detect' ? boxNumbers(shape, width, height) : polygonNumbers(shape, width, height);
    return `${number} ${numbers.map((one) => Number(one.toFixed(8))).join(' ')}\n`;
  });
  return lines.join('');
}

function boxNumbers(shape: Shape, width: number, height: number): number[] {
  const [x, y, w, h] = boxOfShape(shape);
  return [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height];
}

function polygonNumbers(shape: Shape, width: number, height: number): number[] {
  return joinRings(ringsOfShape(shape)).map((number, index) => number / (index % 2 === 0 ? width : height));
}
