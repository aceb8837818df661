import { carriedHistory, withCycle } from '../../core/cycle-history.ts';
import type { CycleSummary } from '../../core/loop-state.ts';

function row(cycle: number, more: Partial<CycleSummary> = {}): CycleSummary {
  return {
    cycle,
    trainLabels: 10 * cycle,
    modelVersion: String(cycle),
    metric: { name: 'macro recall', value: 0.5, low: 0.4, high: 0.6 },
    others: {},
    holdOut: 20,
    selected: 10,
    unreadable: 0,
    champion: cycle,
    ...more,
  };
}

test('a row takes the place of the earlier one of its cycle', () => {
  const history = withCycle([row(1), row(2, { selected: 0 })], row(2, { selected: 7 }));
  expect(history.map(({ cycle, selected }) => [cycle, selected])).toEqual([
    [1, 10],
    [2, 7],
  ]);
});

test('only the newest row names its run and its page; an older one without a model version keeps its run', () => {
  const page = { runId: 'run', runUrl: 'http://mlflow.invalid/run', championReason: 'it is better' };
  const history = withCycle([row(1, page), row(2, { ...page, modelVersion: null })], row(3, page));
  expect(history).toEqual([row(1), row(2, { modelVersion: null, runId: 'run' }), row(3, page)]);
});

test('fifty rows are kept', () => {
  const rows = Array.from({ length: 50 }, (_, index) => row(index + 1));
  expect(withCycle(rows, row(51)).map(({ cycle }) => cycle)).toEqual(rows.map(({ cycle }) => cycle + 1));
});

test('what only the run that measured it tells goes into no other run', () => {
  const { champion, ...known } = row(1, { runId: 'run' });
  const told = { setAside: ['data/a.png: no image'], entropy: 0.3, championReason: 'it is better' };
  expect(carriedHistory([{ ...known, champion, ...told }])).toEqual([row(1, { runId: 'run' })]);
});
