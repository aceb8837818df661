import type { Detection } from '../../core/detection.ts';
import { maskWeights } from '../../core/geometry/axis-weights.ts';
import { maskChances } from '../../core/geometry/mask-chances.ts';
import { cornersInImage } from '../../core/geometry/corners-in-image.ts';
import { placeImage } from '../../core/geometry/image-placement.ts';
import { objectMask, type Prototypes } from '../../core/geometry/object-mask.ts';
import { outlineParts } from '../../core/geometry/outline-parts.ts';
import { suppressDoubles } from '../../core/geometry/suppress-doubles.ts';
import type { Detected } from '../../core/ports.ts';
import { isCounted } from '../../core/scores/counted-boxes.ts';
import { maskTermsOf } from '../../core/scores/mask-terms.ts';
import { shownScore } from '../../core/shown-score.ts';
import type { AnswerCard } from '../card.ts';
import { boxReader, type FoundBoxes } from './box-reader.ts';
import { detectionLimits } from './detection-limits.ts';
import { floatOutput, floatRows } from './float-rows.ts';
import type { AskedImage, Outputs } from './output-reader.ts';

/** Outlines leave no pixel's edge out that is farther from them than this, in pixels of the image. */
export const outlineTolerancePx = 1;

type ObjectsSaid = Omit<Detected, 'id'>;
type ShownImage = Pick<AskedImage, 'widthPx' | 'heightPx' | 'maskTerms'>;

/** Reads boxes, and masks where the model has prototypes for them: scaled back to the image as it is displayed and cut at its edges. */
export function objectReader(card: AnswerCard): {
  runs: number;
  read: (runs: readonly Outputs[], images: readonly ShownImage[]) => ObjectsSaid[];
} {
  const { kind, names } = card.output;
  const [boxes = '', prototypes = ''] = names;
  return {
    runs: 1,
    read: ([outputs = {}], images) => {
      const rows = floatRows(outputs, boxes, images.length);
      const masks = kind === 'yolo-seg' ? prototypeReader(outputs, prototypes, images.length) : undefined;
      const read = boxReader(card, floatOutput(outputs, boxes, images.length).dims, masks?.count ?? 0);
      return images.map((image, index) => {
        const found = read(rows[index] ?? new Float32Array());
        return {
          widthPx: image.widthPx,
          heightPx: image.heightPx,
          detections: detections(card, found, image, masks?.of(index)),
        };
      });
    },
  };
}

function prototypeReader(
  outputs: Outputs,
  name: string,
  images: number,
): { count: number; of: (image: number) => Prototypes } {
  const { dims, data, size } = floatOutput(outputs, name, images);
  const [, count = 0, height = 0, width = 0] = dims;
  if (dims.length !== 4)
    throw new Error(
      `the output ${name} is [${dims.join(', ')}]; mask prototypes are [images, coefficients, height, width]`,
    );
  return {
    count,
    of: (image) => ({ width, height, data: data.subarray(image * size, (image + 1) * size) }),
  };
}

function detections(
  card: AnswerCard,
  found: FoundBoxes,
  image: ShownImage,
  prototypes: Prototypes | undefined,
): Detection[] {
  const { iouThreshold, max } = detectionLimits(card.output);
  // What the graph has suppressed is only put in order: no two boxes overlap by more than all.
  const kept = suppressDoubles(found, {
    iouThreshold: card.output.nms === 'in-graph' ? 1 : iouThreshold,
    max,
  });
  const size = { width: image.widthPx, height: image.heightPx };
  const place = placeImage(size, card.input, card.input.resize);
  const weights = prototypes && maskWeights(size, card.input, prototypes, place);
  const kinds = card.classes.length;
  // In one piece, which is moved from thread to thread instead of copied.
  const allScores = new Float32Array(found.classScores ? kept.length * kinds : 0);
  return kept.flatMap((candidate, index): Detection[] => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = found.corners.subarray(4 * candidate, 4 * candidate + 4);
    const corners = cornersInImage([x1, y1, x2, y2], size, place);
    const [left, top, right, bottom] = corners;
    if (right <= left || bottom <= top) return [];
    const score = found.scores[candidate] ?? 0;
    const classScores = found.classScores && allScores.subarray(index * kinds, (index + 1) * kinds);
    if (classScores) found.classScores(candidate, classScores);
    const detection: Detection = {
      label: card.classes[found.classes[candidate] ?? -1] ?? '',
      score,
      ...(classScores && { classScores }),
      boxPx: [left, top, right - left, bottom - top],
    };
    if (!prototypes || !weights) return [detection];
    const coefficients = found.coefficients(candidate);
    const mask = objectMask(prototypes, coefficients, corners, weights, size);
    if (mask.counts.length < 2) return [];
    const maskTerms =
      image.maskTerms === true &&
      isCounted(detection) &&
      maskTermsOf(maskChances(prototypes, coefficients, [x1, y1, x2, y2], card.input.width));
    // Whoever is shown no outline needs none; there may be hundreds of such objects.
    return [
      {
        ...detection,
        mask,
        ...(maskTerms && { maskTerms }),
        ...(score >= shownScore && { ringsPx: outlineParts(mask, outlineTolerancePx) }),
      },
    ];
  });
}
