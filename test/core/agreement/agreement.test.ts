import { readFileSync } from 'node:fs';
import { agreementOf } from '../../../core/agreement/agreement.ts';
import { dawidSkene } from '../../../core/agreement/dawid-skene.ts';
import { fleissKappa } from '../../../core/agreement/fleiss-kappa.ts';
import { krippendorffAlpha } from '../../../core/agreement/krippendorff-alpha.ts';
import { overlappingOpinions } from '../../../core/agreement/opinions.ts';

/** Three annotators, and what four Python libraries say of them. */
const fixture = JSON.parse(readFileSync('test/core/agreement/fixtures/three-annotators.json', 'utf8')) as {
  classes: string[];
  opinions: [string, string, string][];
  cohen: Record<string, number>;
  alpha: number;
  alphaWithGaps: number;
  fleiss: number;
  posteriors: Record<string, number[]>;
};
const opinions = fixture.opinions.map(([path, annotator, label]) => ({ path, annotator, label }));
const agreement = agreementOf(opinions, fixture.classes);

test("Cohen's κ of each pair is scikit-learn's", () => {
  expect(agreement?.pairs).toHaveLength(3);
  for (const { one, other, datapoints, kappa } of agreement?.pairs ?? []) {
    expect(datapoints).toBe(30);
    expect(kappa).toBeCloseTo(fixture.cohen[`${one} ${other}`] ?? NaN, 12);
  }
});

test("α is krippendorff's, with and without gaps, and Fleiss' κ is statsmodels'", () => {
  expect(agreement?.alpha).toBeCloseTo(fixture.alpha, 12);
  expect(agreement?.fleiss).toBeCloseTo(fixture.fleiss, 12);
  const paths = [...new Set(opinions.map(({ path }) => path))];
  const withGaps = opinions.filter(({ path, annotator }) => {
    const index = paths.indexOf(path);
    return !(annotator === 'eve' && index % 3 === 0) && !(annotator === 'ada' && index % 5 === 1);
  });
  const gaps = agreementOf(withGaps, fixture.classes);
  expect(gaps?.alpha).toBeCloseTo(fixture.alphaWithGaps, 12);
  expect(gaps?.fleiss).toBeNull();
});

test("Dawid and Skene's posteriors are crowd-kit's, and rank the annotators", () => {
  const { posteriors, accuracies } = dawidSkene(overlappingOpinions(opinions), fixture.classes);
  for (const [path, expected] of Object.entries(fixture.posteriors))
    posteriors.get(path)?.forEach((chance, one) => {
      expect(chance).toBeCloseTo(expected[one] ?? NaN, 4);
    });
  const [ada = 0, bob = 0, eve = 0] = ['ada', 'bob', 'eve'].map((name) => accuracies.get(name));
  expect(ada).toBeGreaterThan(bob);
  expect(bob).toBeGreaterThan(eve);
});

test('by hand: two of three agree, and the third is outvoted', () => {
  const said = (path: string, labels: string[]) =>
    labels.map((label, index) => ({ path, annotator: `p${index}`, label }));
  const result = agreementOf(
    [
      ...said('a', ['cat', 'cat', 'dog']),
      ...said('b', ['dog', 'dog', 'dog']),
      ...said('c', ['cat', 'cat', 'cat']),
    ],
    ['cat', 'dog'],
  );
  expect(result?.pairs).toEqual([
    { one: 'p0', other: 'p1', datapoints: 3, agreed: 3, kappa: 1 },
    // Agreed 2 of 3; by chance (2·1 + 1·2) ÷ 9 = 4/9: (2/3 − 4/9) ÷ (5/9).
    { one: 'p0', other: 'p2', datapoints: 3, agreed: 2, kappa: expect.closeTo(0.4, 12) as number },
    { one: 'p1', other: 'p2', datapoints: 3, agreed: 2, kappa: expect.closeTo(0.4, 12) as number },
  ]);
  // Observed 4 ÷ 2, expected 9² − 5² − 4² = 40: 1 − 8 · 2 ÷ 40.
  expect(result?.alpha).toBeCloseTo(0.6, 12);
  expect(result?.disputed.map(({ path, consensus }) => [path, consensus])).toEqual([['a', 'cat']]);
});

test('an annotator counts once a datapoint, by the newest label; one opinion is none', () => {
  const twice = [
    { path: 'a', annotator: 'p', label: 'cat' },
    { path: 'a', annotator: 'q', label: 'cat' },
    { path: 'a', annotator: 'p', label: 'dog' },
    { path: 'b', annotator: 'p', label: 'dog' },
  ];
  expect([...overlappingOpinions(twice)]).toEqual([
    [
      'a',
      new Map([
        ['q', 'cat'],
        ['p', 'dog'],
      ]),
    ],
  ]);
  expect(agreementOf(twice.slice(3), ['cat', 'dog'])).toBeNull();
});

test('where chance explains everything nothing is said', () => {
  expect(krippendorffAlpha([['cat'], ['cat', 'cat']])).toBeNull();
  expect(
    fleissKappa([
      ['cat', 'cat'],
      ['cat', 'cat'],
    ]),
  ).toBeNull();
  expect(fleissKappa([])).toBeNull();
});
