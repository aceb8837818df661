import type { ImageObject, Shape } from '../formats/annotated-image.ts';
import { majorityMask } from '../formats/majority-mask.ts';
import { maskArea } from '../formats/pixel-mask.ts';
import { pixelsOf } from '../metrics/shape-overlap.ts';
import type { ObjectsTruth } from '../truth.ts';
import { matchedObjects } from './matched-objects.ts';

/**
 * What several people found together: each object that more than half of them drew. Boxes are averaged side by side; of outlines and masks it is the
 * pixels that more than half of those who drew the object have.
 *
 * The answers are taken in the order given: an object is compared with what those before made of it ({@link matchedObjects}).
 *
 * @param answers - To one image, of one person each; one at least.
 */
export function consensusObjects(answers: readonly ObjectsTruth[]): ObjectsTruth {
  const sizePx = answers.find((one) => one.sizePx)?.sizePx ?? null;
  let found: { readonly together: ImageObject; readonly drawn: readonly ImageObject[] }[] = [];
  for (const { objects } of answers) {
    const known = new Map(found.map((each) => [each.together, each]));
    const pairs = matchedObjects({ objects: [...known.keys()], sizePx }, { objects, sizePx });
    const partners = new Map(pairs.map(({ one, other }) => [one, other]));
    const taken = new Set(partners.values());
    found = [
      ...found.map((each) => {
        const partner = partners.get(each.together);
        return partner ? merged([...each.drawn, partner], sizePx) : each;
      }),
      ...objects.filter((object) => !taken.has(object)).map((object) => merged([object], sizePx)),
    ];
  }
  const objects = found
    .filter(({ drawn, together: { shape } }) => 2 * drawn.length > answers.length && !isEmpty(shape))
    .map(({ together }) => together);
  return { objects, sizePx };
}

function merged(drawn: readonly ImageObject[], sizePx: ObjectsTruth['sizePx']) {
  const label = drawn[0]?.label ?? '';
  return { together: { label, shape: mergedShape(drawn, sizePx) }, drawn };
}

function mergedShape(drawn: readonly ImageObject[], sizePx: ObjectsTruth['sizePx']): Shape {
  const [first] = drawn;
  if (first && drawn.length === 1) return first.shape;
  const boxes = drawn.flatMap(({ shape }) => (shape.kind === 'box' ? [shape.boxPx] : []));
  if (boxes.length === drawn.length) {
    const mean = (side: number) => boxes.reduce((sum, box) => sum + (box[side] ?? 0), 0) / boxes.length;
    return { kind: 'box', boxPx: [mean(0), mean(1), mean(2), mean(3)] };
  }
  const size = sizePx ?? { width: 0, height: 0 };
  return { kind: 'mask', mask: majorityMask(drawn.map((object) => pixelsOf(object, size))) };
}

function isEmpty(shape: Shape): boolean {
  return shape.kind === 'mask' && maskArea(shape.mask) === 0;
}
