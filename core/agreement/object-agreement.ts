import { maskOfRings } from '../formats/polygon-mask.ts';
import { ringsOfShape } from '../formats/shape-forms.ts';
import { maskOverlap, regionOf, type Region } from '../metrics/overlap.ts';
import type { ObjectsTruth } from '../truth.ts';
import { matchedObjects } from './matched-objects.ts';

/** What one person found in one image. */
export interface ObjectOpinion {
  readonly path: string;
  readonly annotator: string;
  readonly truth: ObjectsTruth;
}

/** How far two people found the same, over all images that both looked at. */
export interface FoundAlike {
  readonly datapoints: number;
  /** Of finding each other's objects, 0..1: `2·pairs ÷ objects` of {@link matchedObjects}. 1 where neither found any. */
  readonly f1: number;
  /** Mean intersection over union of the pairs, 0..1; null without any. */
  readonly overlap: number | null;
  /** Pixels of the same class, `2·both ÷ (one + other)`, 0..1: of outlines and masks; null for boxes. */
  readonly dice: number | null;
}

export interface ObjectAgreement extends FoundAlike {
  readonly pairs: readonly (FoundAlike & { readonly one: string; readonly other: string })[];
}

/**
 * How far annotators find the same objects, pair by pair, and over all pairs. Null where no datapoint has two opinions.
 *
 * @param opinions - Of several of one person to a datapoint the last counts.
 */
export function objectAgreementOf(opinions: readonly ObjectOpinion[]): ObjectAgreement | null {
  const byPath = new Map<string, Map<string, ObjectsTruth>>();
  for (const { path, annotator, truth } of opinions)
    byPath.set(path, (byPath.get(path) ?? new Map<string, ObjectsTruth>()).set(annotator, truth));
  const all = new Sums();
  const ofPairs = new Map<string, { one: string; other: string; sums: Sums }>();
  let datapoints = 0;
  for (const said of byPath.values()) {
    if (said.size > 1) datapoints += 1;
    const people = [...said].sort(([a], [b]) => (a < b ? -1 : 1));
    people.forEach(([one, mine], index) =>
      people.slice(index + 1).forEach(([other, theirs]) => {
        const pair = ofPairs.get(JSON.stringify([one, other])) ?? { one, other, sums: new Sums() };
        ofPairs.set(JSON.stringify([one, other]), pair);
        const counts = compared(mine, theirs);
        pair.sums.add(counts);
        all.add(counts);
      }),
    );
  }
  if (datapoints === 0) return null;
  const pairs = [...ofPairs.values()].map(({ one, other, sums }) => ({ one, other, ...sums.result() }));
  return {
    ...all.result(),
    datapoints,
    pairs: pairs.sort((a, b) => (`${a.one} ${a.other}` < `${b.one} ${b.other}` ? -1 : 1)),
  };
}

type Counts = Record<'objects' | 'pairs' | 'overlap' | 'pixels' | 'shared', number>;

class Sums {
  readonly #sums: Counts = { objects: 0, pairs: 0, overlap: 0, pixels: 0, shared: 0 };
  #datapoints = 0;

  add(counts: Counts): void {
    this.#datapoints += 1;
    for (const name of Object.keys(counts) as (keyof Counts)[]) this.#sums[name] += counts[name];
  }

  result(): FoundAlike {
    const { objects, pairs, overlap, pixels, shared } = this.#sums;
    return {
      datapoints: this.#datapoints,
      f1: objects === 0 ? 1 : (2 * pairs) / objects,
      overlap: pairs === 0 ? null : overlap / pairs,
      dice: pixels === 0 ? null : (2 * shared) / pixels,
    };
  }
}

function compared(one: ObjectsTruth, other: ObjectsTruth): Counts {
  const pairs = matchedObjects(one, other);
  const counts = {
    objects: one.objects.length + other.objects.length,
    pairs: pairs.length,
    overlap: pairs.reduce((sum, pair) => sum + pair.overlap, 0),
    pixels: 0,
    shared: 0,
  };
  const objects = [...one.objects, ...other.objects];
  const sizePx = one.sizePx ?? other.sizePx;
  if (!sizePx || objects.every(({ shape }) => shape.kind === 'box')) return counts;
  for (const label of new Set(objects.map((object) => object.label))) {
    const [mine, theirs] = [pixelsOfClass(one, label, sizePx), pixelsOfClass(other, label, sizePx)];
    const overlap = maskOverlap(mine, theirs);
    counts.pixels += mine.area + theirs.area;
    // From the overlap i ÷ (a + b − i) back to i.
    counts.shared += (overlap * (mine.area + theirs.area)) / (1 + overlap);
  }
  return counts;
}

function pixelsOfClass(
  { objects }: ObjectsTruth,
  label: string,
  { width, height }: { readonly width: number; readonly height: number },
): Region {
  const rings = objects.filter((one) => one.label === label).flatMap(({ shape }) => ringsOfShape(shape));
  return regionOf(maskOfRings(rings, width, height));
}
