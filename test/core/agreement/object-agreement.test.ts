import { readFileSync } from 'node:fs';
import { bestAssignment } from '../../../core/agreement/best-assignment.ts';
import { consensusObjects } from '../../../core/agreement/consensus-objects.ts';
import { objectAgreementOf } from '../../../core/agreement/object-agreement.ts';
import { truthAgreement } from '../../../core/agreement/truth-agreement.ts';
import type { ImageObject } from '../../../core/formats/annotated-image.ts';
import { majorityMask } from '../../../core/formats/majority-mask.ts';
import { maskOfPixels, pixelsOfMask } from '../../../core/formats/pixel-mask.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

type Drawn = { label: string; shape: [number, number, number, number] };
interface Images {
  readonly images: readonly (readonly [readonly Drawn[], readonly Drawn[]])[];
  readonly f1: number;
  readonly overlap: number;
}
/** By SciPy 1.17.1's `linear_sum_assignment` and NumPy 2.4.6. */
const fixture = JSON.parse(readFileSync('test/core/agreement/fixtures/two-drawers.json', 'utf8')) as {
  assignments: readonly { weights: number[][]; sum: number }[];
  boxes: Images;
  masks: Images & { size: number; dice: number };
};
const sizePx = { width: 100, height: 100 };

function box(x: number, label = 'tooth', sidePx = 10): ImageObject {
  return { label, shape: { kind: 'box', boxPx: [x, 0, sidePx, sidePx] } };
}

function rectangle([x, y, w, h]: Drawn['shape'], label = 'tooth'): ImageObject {
  return { label, shape: { kind: 'polygon', ringsPx: [[x, y, x + w, y, x + w, y + h, x, y + h]] } };
}

test("the best assignment weighs what SciPy's does, and uses no row or column twice", () => {
  for (const { weights, sum } of fixture.assignments) {
    const columns = bestAssignment(weights);
    const taken = columns.filter((column) => column >= 0);
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken).toHaveLength(Math.min(weights.length, weights[0]!.length));
    const total = columns.reduce((all, column, row) => all + (weights[row]![column] ?? 0), 0);
    expect(total).toBeCloseTo(sum, 9);
  }
  expect(bestAssignment([])).toEqual([]);
  expect(bestAssignment([[], []])).toEqual([-1, -1]);
});

test('the best sum wins over the best pair', () => {
  expect(bestAssignment([[0.9, 0.8], [0.8, 0.1]])).toEqual([1, 0]); // prettier-ignore
});

test("boxes of two people have in common what SciPy's matching finds", () => {
  const opinions = fixture.boxes.images.flatMap(([one, other], index) =>
    [one, other].map((drawn, person) => ({
      path: `${index}.png`,
      annotator: String(person),
      truth: {
        objects: drawn.map(({ label, shape }) => ({ label, shape: { kind: 'box' as const, boxPx: shape } })),
        sizePx,
      },
    })),
  );
  const agreement = objectAgreementOf(opinions)!;
  expect(agreement.datapoints).toBe(25);
  expect(agreement.f1).toBeCloseTo(fixture.boxes.f1, 12);
  expect(agreement.overlap).toBeCloseTo(fixture.boxes.overlap, 12);
  expect(agreement.dice).toBeNull();
  const { pairs, ...all } = agreement;
  expect(pairs).toEqual([{ one: '0', other: '1', ...all }]);
});

test("outlines of two people have in common what NumPy's pixels have", () => {
  const { size, images, f1, overlap, dice } = fixture.masks;
  const opinions = images.flatMap(([one, other], index) =>
    [one, other].map((drawn, person) => ({
      path: `${index}.png`,
      annotator: String(person),
      truth: {
        objects: drawn.map(({ label, shape }) => rectangle(shape, label)),
        sizePx: { width: size, height: size },
      },
    })),
  );
  const agreement = objectAgreementOf(opinions)!;
  expect(agreement.f1).toBeCloseTo(f1, 12);
  expect(agreement.overlap).toBeCloseTo(overlap, 12);
  expect(agreement.dice).toBeCloseTo(dice, 12);
});

test('three people are three pairs; one opinion is none', () => {
  const said = (annotator: string, objects: ImageObject[]) => ({
    path: 'a.png',
    annotator,
    truth: { objects, sizePx },
  });
  const agreement = objectAgreementOf([
    said('p', [box(0)]),
    said('q', [box(0)]),
    said('r', []),
    { ...said('p', [box(50)]), path: 'b.png' },
  ])!;
  expect(agreement).toMatchObject({ datapoints: 1, overlap: 1 });
  expect(agreement.pairs.map(({ one, other, f1, overlap }) => [one, other, f1, overlap])).toEqual([
    ['p', 'q', 1, 1],
    ['p', 'r', 0, null],
    ['q', 'r', 0, null],
  ]);
  // Of the three pairs 2 + 1 + 1 objects, of which two are one pair.
  expect(agreement.f1).toBeCloseTo(2 / 4, 12);
  expect(objectAgreementOf([said('p', [box(0)])])).toBeNull();
});

// By hand: boxes of 10 × 10 that are 2 apart share 80 of 120 pixels; 5 apart 50 of 150, which is less than half.
test.each([
  ['the same', [box(0), box(20)], [box(20), box(0)], 1],
  ['nothing', [], [], 1],
  ['something and nothing', [box(0)], [], 0],
  ['moved a little', [box(0)], [box(2)], 2 / 3],
  ['moved too far', [box(0)], [box(5)], 0],
  ['of another class', [box(0)], [box(0, 'crown')], 0],
  ['one of two missed', [box(0), box(20)], [box(2)], (2 * (2 / 3)) / 3],
])('two answers agree where they are %s', (_, one, other, expected) => {
  const agreement = truthAgreement({ objects: one, sizePx }, { objects: other, sizePx });
  expect(agreement).toBeCloseTo(expected, 12);
});

test('classes agree or not', () => {
  expect(truthAgreement({ label: 'cat' }, { label: 'cat' })).toBe(1);
  expect(truthAgreement({ label: 'cat' }, { label: 'dog' })).toBe(0);
});

test('together boxes are averaged, and what less than more than half drew is left out', () => {
  const consensus = consensusObjects([
    { objects: [box(0), box(40)], sizePx },
    { objects: [box(60), box(1)], sizePx },
    { objects: [box(2), box(41, 'crown'), box(60)], sizePx },
  ]);
  expect(consensus).toEqual({ objects: [box(1), box(60)], sizePx });
});

test('two who find nothing say that there is nothing, whatever they tell of the size', () => {
  const nothing = { objects: [], sizePx: null };
  expect(consensusObjects([nothing, { objects: [box(0)], sizePx }, nothing])).toEqual({
    objects: [],
    sizePx,
  });
  expect(consensusObjects([nothing, nothing])).toEqual(nothing);
});

test('of outlines it is the pixels that most of those who drew them have', () => {
  const [shape] = consensusObjects(
    [0, 1, 3].map((x) => ({ objects: [rectangle([x, 2, 10, 10])], sizePx: { width: 20, height: 20 } })),
  ).objects.map((object) => object.shape);
  // Columns 1 to 10 are in two of the three, 0, 11 and 12 in one.
  const expected = Array.from({ length: 400 }, (_, at) => {
    const [x, y] = [at % 20, Math.floor(at / 20)];
    return Number(x >= 1 && x < 11 && y >= 2 && y < 12);
  });
  expect(shape).toEqual({ kind: 'mask', mask: maskOfPixels(expected, 20, 20) });
});

test('the majority of random masks is that of their pixels', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 40; round++) {
    const [width, height, count] = [1, 1, 1].map(() => 1 + Math.floor(random() * 7)) as [
      number,
      number,
      number,
    ];
    const drawn = Array.from({ length: count }, () =>
      Array.from({ length: width * height }, () => Number(random() < 0.5)),
    );
    const majority = majorityMask(drawn.map((pixels) => maskOfPixels(pixels, width, height)));
    const votes = drawn[0]!.map((_, at) => drawn.reduce((sum, pixels) => sum + pixels[at]!, 0));
    expect(Array.from(pixelsOfMask(majority))).toEqual(votes.map((sum) => Number(2 * sum > count)));
    expect(majority.counts.reduce((sum, run) => sum + run, 0)).toBe(width * height);
  }
});
