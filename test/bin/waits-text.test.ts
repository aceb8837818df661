import { waitsText } from '../../bin/waits-text.ts';
import type { PendingStep } from '../../client/pending-steps.ts';
import type { LoopStatus } from '../../workflows/messages.ts';

const noonMs = Date.UTC(2026, 10, 26, 12);

function report(changes: Partial<LoopStatus>, pending: readonly PendingStep[] = []) {
  const status: LoopStatus = {
    loop: 'glyphs',
    phase: 'wait for annotations',
    cycle: 1,
    paused: false,
    images: null,
    inference: null,
    reviews: [],
    refused: [],
    stale: [],
    latest: null,
    decision: null,
    sinceMs: noonMs,
    settled: { settled: 12, needed: 20 },
    deadlineMs: null,
    pausedBy: null,
    ended: null,
    ...changes,
  };
  return { workflowId: 'wf', runId: 'r', state: 'RUNNING', status, pending, history: [], ended: null };
}

const step: PendingStep = {
  step: 'trainModel',
  queue: 'labelloop-train',
  attempt: 1,
  sinceMs: noonMs,
  isRunning: true,
  lastFailure: null,
  nextTryMs: null,
  isServed: true,
};

test.each<[string, Partial<LoopStatus>, string]>([
  [
    'people',
    {},
    'Waits for people since 2026-11-26 12:00 UTC; 12 of 20 tasks that are enough are answered or skipped. 8 more, or "labelloop close-review" let it go on.',
  ],
  [
    'people until a day',
    { deadlineMs: noonMs + 3_600_000 },
    'Waits for people since 2026-11-26 12:00 UTC; 12 of 20 tasks that are enough are answered or skipped. 8 more, the deadline on 2026-11-26 13:00 UTC, or "labelloop close-review" let it go on.',
  ],
  [
    'people who were not looked at yet',
    { settled: null },
    'Waits for people since 2026-11-26 12:00 UTC; their answers have not been counted yet.',
  ],
  [
    'who paused it',
    { phase: 'paused', pausedBy: { at: '', by: 'ada', why: 'a holiday' } },
    'Waits for a person since 2026-11-26 12:00 UTC; ada paused it: a holiday. "labelloop resume" lets it go on.',
  ],
  [
    'a word, as its rules want one',
    { phase: 'paused' },
    'Waits for a person since 2026-11-26 12:00 UTC; its rules want a word (stop.ask). "labelloop resume" lets it go on.',
  ],
])('a loop that waits for %s says so', (_, changes, sentence) => {
  expect(waitsText(report(changes))).toEqual([sentence]);
});

test.each<[string, Partial<PendingStep>, string]>([
  ['is at work', {}, 'At work since 2026-11-26 12:00 UTC: trainModel, try 1'],
  [
    'is at work again',
    { attempt: 3, lastFailure: 'MLflow: 503\nat line 1' },
    'At work since 2026-11-26 12:00 UTC: trainModel, try 3; try 2 failed: MLflow: 503',
  ],
  [
    'waits for its next try',
    { isRunning: false, attempt: 3, lastFailure: 'MLflow: 503', nextTryMs: noonMs + 60_000 },
    'Waits to try trainModel again at 2026-11-26 12:01 UTC; try 2 failed: MLflow: 503',
  ],
  [
    'waits for a worker that is busy',
    { isRunning: false },
    'Waits for a free worker since 2026-11-26 12:00 UTC: trainModel stands in the queue "labelloop-train".',
  ],
  [
    'waits for a worker that is not there',
    { isRunning: false, isServed: false },
    'Waits for a worker since 2026-11-26 12:00 UTC: nobody serves the queue "labelloop-train", where trainModel stands. Start one with "labelloop worker --queues train".',
  ],
])('a step that %s is told', (_, changes, sentence) => {
  expect(waitsText(report({ phase: 'train' }, [{ ...step, ...changes }]))).toEqual([sentence]);
});

test('wishes that wait are told, and what became of the last one', () => {
  const wishes = ['exclude 2 images, by ada'];
  expect(
    waitsText(report({ phase: 'train', wishes, steered: 'withdraw by bob: 1 withdrawn.' })).slice(-2),
  ).toEqual([
    'Asked for, and done at the end of this step: exclude 2 images, by ada.',
    'Done last: withdraw by bob: 1 withdrawn.',
  ]);
});

test('a loop that has ended waits for nothing', () => {
  expect(waitsText({ ...report({}), state: 'COMPLETED' })).toEqual([]);
});
