import { statusText } from '../../bin/status-text.ts';
import type { CycleSummary } from '../../core/loop-state.ts';
import type { LoopStatus } from '../../workflows/messages.ts';

function row(cycle: number, changes: Partial<CycleSummary>): CycleSummary {
  const metric = { name: 'mAP@.5', value: 0.5, low: 0.4, high: 0.6 };
  return {
    cycle,
    trainLabels: 20 * cycle,
    runId: `run-${cycle}`,
    modelVersion: String(cycle),
    metric,
    others: { 'mAP@.5:.95': 0.25 },
    holdOut: 50,
    selected: 20,
    unreadable: 0,
    champion: cycle,
    ...changes,
  };
}

test("the learning curve names each cycle's champion, and why the newest model is or is not", () => {
  const history = [
    row(1, {}),
    row(2, {}),
    row(3, { champion: 2 }),
    row(4, {
      champion: null,
      championReason: 'significantly worse than the model of run 0123abcd: mAP@.5 −0.100',
    }),
  ];
  const lines = textOf(history);
  const title = lines.find((line) => line.includes('champion')) ?? '';
  const at = title.indexOf('champion');
  expect(lines.flatMap((line) => (/^ +\d/.test(line) ? [line.slice(at).trim()] : []))).toEqual([
    'new',
    'new',
    "cycle 2's",
    'by hand',
  ]);
  expect(lines.at(-2)).toBe(
    'Champion: a model chosen by hand; the newest is significantly worse than the model of run 0123abcd: mAP@.5 −0.100',
  );
});

test('images that were set aside are counted, and the first ones named with their reasons', () => {
  const setAside = ['teeth/7.png: no image', 'teeth/8.png: cannot be fetched, in 4 tries: DagsHub: 503'];
  expect(textOf([row(1, { unreadable: 5, setAside })]).slice(-4, -1)).toEqual([
    'Cycle 1: 5 images were set aside; see pred_error in the Data Engine for all',
    '  teeth/7.png: no image',
    '  teeth/8.png: cannot be fetched, in 4 tries: DagsHub: 503',
  ]);
  expect(textOf([row(1, { unreadable: 1, setAside: ['a.png: no image'] })]).slice(-3, -1)).toEqual([
    'Cycle 1: 1 image was set aside',
    '  a.png: no image',
  ]);
  expect(textOf([row(1, {})]).join()).not.toContain('set aside');
});

test('a batch with second opinions tells how many of each it asks', () => {
  expect(textOf([row(2, { secondOpinions: 3 })]).at(-2)).toBe(
    'Cycle 2 asks 17 new images and 3 second opinions',
  );
});

function textOf(history: readonly CycleSummary[]): string[] {
  const closed = {
    workflowId: 'wf',
    runId: 'r',
    state: 'COMPLETED',
    status: null,
    pending: [],
    ended: 'done',
  };
  return statusText({ ...closed, history }).split('\n');
}
test('the newest cycle tells what the strategy found beyond the random arm', () => {
  const history = [row(1, {}), row(2, { arm: { chosen: 0.4, random: 0.1, low: 0.05, high: 0.5 } })];
  const report = {
    workflowId: 'loop',
    runId: 'x',
    state: 'COMPLETED',
    status: null,
    pending: [],
    history,
    ended: 'done',
  };
  expect(statusText(report)).toContain(
    'The model was wrong about 40.0 % of the images chosen, and 10.0 % of random ones: +30.0 points (95 %: +5.0 to +50.0)',
  );
});

test('each review tells since when its oldest open task waits', () => {
  const review = { url: 'http://label-studio/1', tasks: 9, skipped: 0 };
  const status: LoopStatus = {
    ...{
      loop: 'glyphs',
      phase: 'wait for annotations',
      cycle: 2,
      paused: false,
      images: null,
      inference: null,
    },
    ...{ refused: [], stale: [], latest: null, decision: null, sinceMs: 0, settled: null, deadlineMs: null },
    ...{ pausedBy: null, ended: null },
    reviews: [
      { ...review, title: 'cycle 1', answered: 9 },
      { ...review, title: 'cycle 2', answered: 3, openSinceMs: Date.UTC(2026, 10, 26, 12, 34) },
    ],
  };
  const report = { workflowId: 'wf', runId: 'r', state: 'RUNNING', pending: [], history: [], ended: null };
  const lines = statusText({ ...report, status }).split('\n');
  expect(lines.find((line) => line.startsWith('cycle 1'))).not.toContain('UTC');
  expect(lines.find((line) => line.startsWith('cycle 2'))).toContain('2026-11-26 12:34 UTC');
});
