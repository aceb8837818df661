import { explanation } from '../../../core/selection/explanation.ts';
import type { SelectionRecord } from '../../../core/selection/selection-record.ts';

const plain = { predScore: 0.25, class: null, nearest: null };
const record: SelectionRecord = {
  version: 1,
  datasourceId: '1',
  cycle: 3,
  runId: 'abc',
  asOf: 1_764_100_000,
  seed: 1,
  rule: { strategy: 'two-stage', maxImages: 3, maxScore: 1, randomShare: 0.05 },
  strategy: 'typiclust',
  coldStart: true,
  pool: 90,
  centres: 8,
  labelled: 8,
  embedding: { by: 'pixels-1', columns: 193 },
  chosen: [
    { ...plain, path: 'a', rank: 0, purpose: 'score', class: 'cat', nearest: { path: 'z', cosine: 0.5 } },
    { ...plain, path: 'b', rank: 1, purpose: 'empty', predScore: null },
    { ...plain, path: 'c', rank: 2, purpose: 'random' },
  ],
  passedOver: [
    { ...plain, path: 'd', why: 'near-duplicate', nearest: { path: 'a', cosine: 0.9987 } },
    { ...plain, path: 'e', why: 'full' },
  ],
  quarantined: { count: 1, first: [{ path: 'f', reason: 'its embedding is all zeros' }] },
};
const pool =
  'There were 90 images to choose from, scored by the model of MLflow run abc, with vectors of 193 numbers by the rule pixels-1; Data Engine as of 2025-11-25T19:46:40.000Z, seed 1/3.';

function explain(path: string, fields: Record<string, string | number>, of: SelectionRecord | null = record) {
  return explanation({ path, fields, record: of });
}

test('a chosen image has its place, why it was taken, and what came next', () => {
  const asked = { split: 'train', selected_in_cycle: 3, selected_as: 'score' };
  expect(explain('a', asked)).toEqual([
    '"a" was chosen in cycle 3 as number 1 of 3, by typiclust.',
    'With 8 labels it was too early for scores, so typiclust covered the pool instead of two-stage.',
    'Its pred_score was 0.250 (0 is asked first), and the model took it for cat.',
    'Of what was labelled or chosen before it, "z" is most like it (cosine 0.500).',
    pool,
    'The first that the batch had no room for is "e" (pred_score 0.250).',
  ]);
  expect(explain('b', { ...asked, selected_as: 'empty' })).toEqual([
    '"b" was chosen in cycle 3 as number 2 of 3, at random among the images in which the model found no object.',
    pool,
  ]);
  expect(explain('c', { ...asked, selected_as: 'random' })[0]).toBe(
    '"c" was chosen in cycle 3 as number 3 of 3, at random from the whole pool, whatever its score, so that the gain over chance can be told.',
  );
  expect(explain('x', asked)).toEqual([
    '"x" is marked as chosen in cycle 3, but the record of that cycle does not name it.',
  ]);
});

test('where ActiveLab decides, its score is told, and whose label nobody had seen', () => {
  const row = { class: 'dog', nearest: null, predScore: null };
  const byActiveLab: SelectionRecord = {
    ...record,
    coldStart: false,
    strategy: 'top-k',
    rule: { ...record.rule, strategy: 'top-k', secondOpinions: true },
    chosen: [
      { ...row, path: 'a', rank: 0, purpose: 'second-opinion', activeLab: 0.75 },
      { ...row, path: 'b', rank: 1, purpose: 'score', activeLab: 0.5 },
    ],
    passedOver: [{ ...row, path: 'e', why: 'full', activeLab: 0.25 }],
  };
  const next = 'The first that the batch had no room for is "e" (ActiveLab 0.250).';
  const asked = { split: 'train', selected_in_cycle: 3, annotation: '…' };
  const again = { ...asked, selected_as: 'second-opinion', asked_before: '1 first answered' };
  expect(explain('a', again, byActiveLab)).toEqual([
    '"a" was chosen in cycle 3 as number 1 of 2, by ActiveLab for a second opinion: what one more person says of it tells more than a first answer to a new image.',
    'Its ActiveLab score was 0.750 (1 is asked first), and models that have not seen a label of it take it for dog.',
    pool,
    next,
    'Cycle 1 asked it (first), and it was answered.',
  ]);
  expect(explain('b', { ...asked, selected_as: 'score' }, byActiveLab)).toEqual([
    '"b" was chosen in cycle 3 as number 2 of 2, by ActiveLab.',
    'Its ActiveLab score was 0.500 (1 is asked first), and models that have not seen a label of it take it for dog.',
    pool,
    next,
  ]);
  expect(explain('z', { split: 'train' }, byActiveLab).at(-1)).toBe(
    'The last that ActiveLab chose is "b" (ActiveLab 0.500).',
  );
  const early = { ...byActiveLab, coldStart: true, strategy: 'facility-location' as const };
  expect(explain('b', { ...asked, selected_as: 'score' }, early)).toContain(
    'With 8 labels it was too early for scores, so facility-location covered the pool instead of ActiveLab.',
  );
});

test('one that was not chosen has the reason', () => {
  const open = { split: 'train', pred_score: 0.75, pred_run: 'abc' };
  expect(explain('d', open)[0]).toBe(
    '"d" was not chosen in cycle 3: it is as good as the same as "a" (cosine 0.999).',
  );
  expect(explain('e', open)[0]).toBe(
    '"e" was not chosen in cycle 3: it came up as number 1 after the batch of 3 was full.',
  );
  expect(explain('f', open)).toEqual(['"f" could not be ranked in cycle 3: its embedding is all zeros.']);
  expect(explain('g', open)).toEqual([
    '"g" is in the pool and did not come up in cycle 3.',
    'Its pred_score is 0.750 (0 is asked first).',
    'The last that typiclust chose is "a" (pred_score 0.250).',
  ]);
  expect(explain('h', { split: 'train', pred_error: 'abc: no image' })).toEqual([
    '"h" is in the pool, but was set aside by MLflow run abc: no image.',
  ]);
  expect(explain('i', open, null)).toEqual([
    '"i" is in the pool, and no batch has been selected from it yet.',
  ]);
});

test('what selection never sees says so', () => {
  expect(explain('h', { split: 'train', excluded: 'ada: blurred', asked_before: '2 score skipped' })).toEqual(
    [
      '"h" is excluded, and never asked again: ada: blurred.',
      'Cycle 2 asked it (score), and it was skipped.',
    ],
  );
  expect(
    explain('h', { selected_as: 'again', selected_in_cycle: 3, asked_before: '2 score skipped' }),
  ).toEqual([
    '"h" is asked again in cycle 3, before all others: it was skipped once.',
    'Cycle 2 asked it (score), and it was skipped.',
  ]);
  expect(explain('h', { split: 'test', selected_as: 'hold-out', selected_in_cycle: 0 })[1]).toBe(
    'It measures models; selection never sees it.',
  );
  expect(explain('h', { split: 'train', selected_as: 'first', selected_in_cycle: 0 })[0]).toMatch(
    /in cycle 0, before there was a model\.$/,
  );
  expect(explain('h', { split: 'valid' })).toEqual([
    '"h" is in the split valid and was not drawn from it; only images of train are selected.',
  ]);
  expect(explain('h', { split: 'train', annotation: '…', annotation_source: 'import/labels.csv' })).toEqual([
    '"h" was never asked: it came with its annotation (import/labels.csv).',
  ]);
});
