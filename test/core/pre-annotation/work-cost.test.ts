import { leaveReviews, workSoFar } from '../../../core/pre-annotation/review-work.ts';
import { costMetrics, workOf, workText, type TimedAnswer } from '../../../core/pre-annotation/work-cost.ts';

const rate = { perHour: 36, currency: 'EUR' };

function drawn(labels: readonly string[], leadSeconds: number | null): TimedAnswer {
  const shape = { kind: 'box', boxPx: [0, 0, 1, 1] } as const;
  return { truth: { objects: labels.map((label) => ({ label, shape })), sizePx: null }, leadSeconds };
}

// By hand: at 36 an hour a second costs a cent. 30 s for three objects are 10 s each; 20 s for one; 10 s for nothing.
test('the time of an answer is shared out among its objects, and costs by the rate', () => {
  const answers = [
    drawn(['tooth', 'tooth', 'a/b:c'], 30),
    drawn(['tooth'], 20),
    drawn([], 10),
    drawn(['x'], null),
  ];
  const metrics = costMetrics(answers, rate);
  expect(Object.keys(metrics)).toHaveLength(8);
  for (const [name, value] of Object.entries({
    'cost/hours': 60 / 3600,
    'cost/total': 0.6,
    'cost/per_answer': 0.2,
    'cost/per_label': 0.15,
    'cost/class-tooth/seconds': 40 / 3,
    'cost/class-tooth/per_label': 0.4 / 3,
    'cost/class-a/b_c/seconds': 10,
    'cost/class-a/b_c/per_label': 0.1,
  }))
    expect(metrics[name]).toBeCloseTo(value, 12);
  expect(workOf(answers)).toEqual({ answers: 3, labels: 4, seconds: 60 });
  expect(workText({ answers: 3, labels: 4, seconds: 5400 }, rate)).toBe(
    'People: 3 answers in 1.5 h, 54.00 EUR (18.00 an answer)',
  );
});

test('times that nobody knows cost nothing, and are no metric', () => {
  expect(costMetrics([drawn(['x'], null)], rate)).toEqual({});
  expect(
    costMetrics([{ truth: { label: 'cat' }, leadSeconds: 100 }], rate)['cost/class-cat/per_label'],
  ).toBeCloseTo(1);
});

test('a review counts once, however often it is collected, and still when it is left behind', () => {
  const review = (projectId: number) => ({ projectId, url: '', title: '', cycle: 1, purposes: [], tasks: 1 });
  const work = (seconds: number) => ({ answers: 1, labels: 1, seconds });
  let state: Parameters<typeof leaveReviews>[0] = { reviews: [review(1), review(2)] };
  expect(workSoFar(state)).toBeUndefined();
  state = leaveReviews(state, [
    { projectId: 1, open: 0, work: work(10) },
    { projectId: 2, open: 3, work: work(5) },
  ]);
  expect(state).toEqual({ reviews: [{ ...review(2), work: work(5) }], work: work(10) });
  expect(workSoFar(state)?.seconds).toBe(15);
  state = leaveReviews(state, [{ projectId: 2, open: 1, work: work(8) }]);
  expect(workSoFar(state)?.seconds).toBe(18);
  state = leaveReviews(state, [{ projectId: 2, open: 0, work: work(9) }]);
  expect(state).toEqual({ reviews: [], work: { answers: 2, labels: 2, seconds: 19 } });
});

test('where nothing is counted nothing is carried', () => {
  const review = { projectId: 1, url: '', title: '', cycle: 1, purposes: [], tasks: 1 };
  expect(leaveReviews({ reviews: [review] }, [{ projectId: 1, open: 1 }])).toEqual({ reviews: [review] });
});
