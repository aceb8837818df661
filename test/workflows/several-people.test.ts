import { loopStatusQuery } from '../../workflows/messages.ts';
import { startLoop } from '../support/loop-runs.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

const review = { pollSeconds: 1, minReadSeconds: 0 };

test('whom to ask, whom not to show what, and what it costs reaches the steps; the status tells of disputes and costs', async () => {
  let isDisputed = true;
  const plain = new LoopStubs();
  const stubs = new LoopStubs({
    readReview: async ({ projectIds }) =>
      projectIds.map((id) =>
        isDisputed && id === 4
          ? { tasks: 2, answered: 0, skipped: 0, disputed: 1, undecided: 1 }
          : { tasks: 2, answered: 2, skipped: 0 },
      ),
    collectAnnotations: async ({ reviews }) =>
      reviews.map(({ projectId }) => ({
        projectId,
        collected: 2,
        unchanged: 0,
        skipped: 0,
        open: 0,
        work: { answers: 2, labels: 2, seconds: 60 },
        suggestions: 'Suggestions: none were needed',
      })),
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const people = {
      overlap: { share: 0.5 },
      adjudicator: 'ada@example.com',
      blindShare: 0.25,
      cost: { perHour: 60 },
    };
    const spec = loopSpec({ review: { ...review, ...people }, stop: { cycles: 1 } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    const status = await until(async () => {
      const answer = await handle.query(loopStatusQuery);
      return answer.reviews[0]?.disputed !== undefined && answer;
    }, 'a dispute about the batch of cycle 1');
    expect(status.reviews).toMatchObject([{ title: 'glyphs cycle 1 batch', disputed: 1, undecided: 1 }]);
    // Three reviews of cycle 0, a minute each, at 60 an hour.
    expect(status.cost).toBe('People: 6 answers in 0.1 h, 3.00 EUR (0.50 an answer)');
    expect(status.suggestions).toBe('Suggestions: none were needed');
    isDisputed = false;
    await handle.result();
  });
  const rule = {
    loop: 'glyphs',
    seed: 1,
    share: 0.5,
    annotators: 2,
    further: 1,
    agreement: 0.7,
    adjudicator: 'ada@example.com',
  };
  const blind = { share: 0.25, seed: 1 };
  for (const opened of stubs.inputs('openReview')) expect(opened).toMatchObject({ opinions: rule, blind });
  expect(stubs.inputs('readReview')[0]).toMatchObject({ opinions: { rule, cycles: [0, 0, 0] } });
  const cost = { perHour: 60, currency: 'EUR' };
  expect(stubs.inputs('collectAnnotations')[0]).toMatchObject({ opinions: rule, cost, tell: true });

  // Who does not ask for it pays nothing for it in history.
  const queue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue: queue, activities: plain.activities }, async () => {
    const handle = await startLoop(temporal.client, queue, loopSpec({ review, stop: { cycles: 1 } }));
    expect((await handle.query(loopStatusQuery)).cost).toBeUndefined();
    await handle.result();
  });
  for (const { activity, input } of plain.calls)
    if (['openReview', 'readReview', 'collectAnnotations'].includes(activity))
      for (const key of ['opinions', 'blind', 'cost', 'tell']) expect(input).not.toHaveProperty(key);
});

test('second opinions are asked for with the batch, counted in its row, and cost labels of the budget', async () => {
  const stubs = new LoopStubs({
    selectBatch: async () => ({ selected: 3, pool: 9, secondOpinions: 1 }),
    collectAnnotations: async ({ reviews }) =>
      reviews.map(({ projectId, cycle }) => ({
        projectId,
        collected: 2,
        unchanged: 0,
        skipped: 0,
        open: 0,
        ...(cycle > 0 && { further: 3 }),
      })),
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({
      selection: { secondOpinions: true, maxImages: 5 },
      review: { ...review, projects: 'loop' },
      stop: { cycles: 3, labels: 9 },
    });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    // A label of each image, two more a cycle, and three second opinions: 4 + 3, and then 6 + 3.
    const { ended, history } = await handle.result();
    expect(ended).toBe('the budget of 9 labels is spent (9)');
    expect(history[0]).toMatchObject({ selected: 3, secondOpinions: 1 });
  });
  const [first, second] = stubs.inputs('selectBatch');
  expect(first).toMatchObject({
    rule: { strategy: 'top-k', secondOpinions: true, maxImages: 5 },
    scheme: {},
  });
  expect(second).toMatchObject({ rule: { maxImages: 2 } });
  const batches = stubs.inputs('openReview').filter(({ part }) => part === 'batch');
  for (const { purposes, opinions } of batches) {
    expect(purposes).toEqual(['score', 'empty', 'random', 'second-opinion']);
    expect(opinions).toMatchObject({ asTold: true });
  }
  expect(stubs.inputs('planInference')[0]).toMatchObject({ embed: true });
});
