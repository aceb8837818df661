import { regionCounts } from '../../../core/pre-annotation/region-counts.ts';
import { suggestionText } from '../../../core/pre-annotation/suggestion-text.ts';
import { reviewMetrics, type WatchedAnswer } from '../../../core/pre-annotation/review-metrics.ts';

function answer(change: Partial<WatchedAnswer>): WatchedAnswer {
  return { annotator: 7, leadSeconds: 10, distance: 0, regions: null, ...change };
}

test('nobody began from a suggestion: nothing to tell', () => {
  expect(reviewMetrics([])).toEqual({});
});

// By hand: distances 0, 1.5, 0 and 0.5; seconds 4, 10 and 8, of which the middle one counts.
test('shares, distances and times, of all and of each annotator', () => {
  const metrics = reviewMetrics([
    answer({ distance: 1e-16, leadSeconds: 4 }),
    answer({ distance: 1.5, leadSeconds: 10 }),
    answer({ annotator: 9, leadSeconds: null }),
    answer({ annotator: null, distance: 0.5, leadSeconds: 8 }),
  ]);
  expect(metrics).toEqual({
    'review/answers': 4,
    'review/accepted_share': 0.5,
    'review/edit_distance': 0.5,
    'review/lead_seconds': 8,
    'review/annotator-7/answers': 2,
    'review/annotator-7/accepted_share': 0.5,
    'review/annotator-7/edit_distance': 0.75,
    'review/annotator-7/lead_seconds': 7,
    'review/annotator-9/answers': 1,
    'review/annotator-9/accepted_share': 1,
    'review/annotator-9/edit_distance': 0,
    'review/annotator-unknown/answers': 1,
    'review/annotator-unknown/accepted_share': 0,
    'review/annotator-unknown/edit_distance': 0.5,
    'review/annotator-unknown/lead_seconds': 8,
  });
});

test('regions are counted by what became of them', () => {
  const suggested = [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }];
  const origins = ['prediction', 'prediction-changed', 'manual', undefined];
  const regions = regionCounts(
    suggested,
    origins.map((origin) => ({ origin })),
  );
  expect(regions).toEqual({ kept: 1, changed: 1, added: 2, deleted: 2 });
  expect(reviewMetrics([answer({ regions }), answer({ regions })])).toMatchObject({
    'review/regions_kept': 2,
    'review/regions_changed': 2,
    'review/regions_added': 4,
    'review/regions_deleted': 4,
  });
});

// By hand: of four who saw it three agree, of two who did not one does.
test('who has not seen the suggestion is held against who has', () => {
  const metrics = reviewMetrics([
    ...[1, 1, 1, 0].map((agreement) => answer({ agreement, distance: 1 - agreement, consensus: 1 })),
    ...[1, 0].map((agreement) =>
      answer({ agreement, distance: 1 - agreement, isBlind: true, leadSeconds: 30 }),
    ),
  ]);
  expect(metrics).toMatchObject({
    'review/answers': 4,
    'review/agreement': 0.75,
    'review/consensus': 1,
    'review/lead_seconds': 10,
    'review/annotator-7/answers': 4,
    'review/blind/answers': 2,
    'review/blind/accepted_share': 0.5,
    'review/blind/agreement': 0.5,
    'review/blind/lead_seconds': 30,
    'review/pull': 0.25,
  });
  expect(metrics['review/pull_low']).toBeLessThan(0);
  expect(metrics['review/pull_high']).toBeGreaterThan(0.25);
  expect(metrics).not.toHaveProperty('review/blind/consensus');
});

test('the status tells it in a sentence', () => {
  expect(suggestionText({})).toBeNull();
  const shown = [1, 1, 1, 0].map((agreement) => answer({ agreement, distance: 1 - agreement }));
  expect(suggestionText(reviewMetrics(shown))).toBe(
    'Suggestions: 75 % of 4 answers (edit distance 0.25, 10 s each) sent as suggested',
  );
  const blind = [1, 0].map((agreement) => answer({ agreement, distance: 1 - agreement, isBlind: true }));
  expect(suggestionText(reviewMetrics([...shown, ...blind]))).toMatch(
    /; 50 % of 2 answers \(edit distance 0.50, 10 s each\) the same unseen; a pull of 0.25 \(95 %: -\d\.\d\d to \d\.\d\d\)$/,
  );
});
