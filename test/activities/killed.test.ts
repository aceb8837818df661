import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityDeps } from '../../activities/activity-deps.ts';
import { createActivities, type Activities } from '../../activities/index.ts';
import { classificationLabelConfig } from '../../core/label-config.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { deaths, MortalProcess, type Death } from '../support/mortal.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';
import { trainingInput } from '../support/training-input.ts';

/**
 * The process that runs an activity dies on each of its remote calls, in each way; then another process runs the activity again, on the same
 * disk or on another machine. Whatever happened, all systems end as after a run without accident.
 */
interface Step {
  readonly name: keyof Activities;
  /** Tells it from others of the same activity. */
  readonly variant?: string;
  readonly prepare: (world: AnnotatedWorld) => Promise<void>;
  readonly act: (activities: Activities, world: AnnotatedWorld) => Promise<unknown>;
  /** What of the answer the workflow goes on with; counts of work done now may differ. */
  readonly answer: (result: never) => unknown;
}

// Some hundred small worlds a test.
jest.setTimeout(120_000);

const datasource = { id: '1', rootUrl };

/** Images 0–11 train (0–3 annotated), 12–17 valid and 18–23 test (two of each drawn and annotated). */
async function annotated(world: AnnotatedWorld): Promise<void> {
  await world.set(0, 12, { split: 'train' });
  await world.set(12, 18, { split: 'valid' });
  await world.set(18, 24, { split: 'test' });
  await world.set(12, 14, { selectedAs: 'validation', selectedInCycle: 0, selectedRank: 0 });
  await world.set(18, 20, { selectedAs: 'hold-out', selectedInCycle: 0, selectedRank: 0 });
  for (const [from, to] of [
    [0, 4],
    [12, 14],
    [18, 20],
  ] as const)
    await world.annotate(from, to);
}

async function trained(world: AnnotatedWorld): Promise<void> {
  await annotated(world);
  await runActivity(createActivities(world).trainModel, trainingInput);
}

function runId(world: AnnotatedWorld): string {
  return world.tracker.allRuns()[0]!.runId;
}

function inferInput(world: AnnotatedWorld) {
  return {
    runId: runId(world),
    datasource,
    shard: { after: null, images: 6 },
    rule: { score: 'margin' as const, boxes: defaultBoxRule },
    scheme,
  };
}

async function scored(world: AnnotatedWorld): Promise<void> {
  await trained(world);
  world.engine.addImage(rootUrl, '07.png', new TextEncoder().encode('broken'));
  await runActivity(createActivities(world).inferShard, inferInput(world));
}

function batchInput(world: AnnotatedWorld) {
  const rule = { strategy: 'top-k' as const, maxImages: 4, maxScore: 1, randomShare: 0.5 };
  return { datasourceId: '1', cycle: 1, runId: runId(world), cycleRunId: runId(world), seed: 1, rule };
}

const vectorShard = { after: null, images: 12 };

async function scoredWithVectors(world: AnnotatedWorld): Promise<void> {
  await trained(world);
  world.engine.addImage(rootUrl, '07.png', new TextEncoder().encode('broken'));
  await inferWithVectors(createActivities(world), world);
}

function inferWithVectors(activities: Activities, world: AnnotatedWorld) {
  return runActivity(activities.inferShard, { ...inferInput(world), shard: vectorShard, embedFor: 1 });
}

function reviewInput(world: AnnotatedWorld) {
  const purposes = ['score', 'random'] as const;
  return {
    workflowId: 'wf',
    loop: 'glyphs',
    cycle: 1,
    part: 'batch',
    purposes,
    datasource,
    scheme,
    runId: runId(world),
  };
}

async function selected(world: AnnotatedWorld): Promise<void> {
  await scored(world);
  await runActivity(createActivities(world).selectBatch, batchInput(world));
}

async function answered(world: AnnotatedWorld): Promise<void> {
  await selected(world);
  const review = await runActivity(createActivities(world).openReview, reviewInput(world));
  const { projectId } = review!;
  const [first, second, third] = world.board.project(projectId).tasks;
  world.board.answerSuggestion(projectId, first!.key, said('cat', first!.key));
  world.board.answer(projectId, second!.key, said('dog', second!.key));
  world.board.skip(projectId, third!.key);
}

/** Somebody annotated the open task's image, and one that has an answer, in a project of DagsHub's. */
async function annotatedElsewhere(world: AnnotatedWorld): Promise<void> {
  await answered(world);
  const [projectId = 0] = world.board.projectsTitled('glyphs cycle 1 batch');
  const [first, , , open] = world.board.project(projectId).tasks;
  for (const { key } of [first!, open!]) {
    const at = world.paths.indexOf(key);
    await world.annotate(at, at + 1);
  }
}

/** Two answers of cycle 1 were collected and learnt from; then one is another and one is gone, and cycle 2 asks on. */
async function corrected(world: AnnotatedWorld): Promise<void> {
  await answered(world);
  const activities = createActivities(world);
  const [projectId = 0] = world.board.projectsTitled('glyphs cycle 1 batch');
  const reviews = [{ projectId, cycle: 1 }];
  await runActivity(activities.collectAnnotations, { loop: 'glyphs', datasourceId: '1', scheme, reviews });
  await runActivity(activities.trainModel, { ...trainingInput, cycle: 2 });
  const [first, second] = world.board.project(projectId).tasks;
  world.board.revise(projectId, first!.key, said('dog', first!.key));
  world.board.retract(projectId, second!.key);
  await world.set(11, 12, { selectedInCycle: 2, selectedAs: 'score', selectedRank: 0 });
  await runActivity(activities.openReview, { ...reviewInput(world), cycle: 2 });
}

const opinions = {
  loop: 'glyphs',
  share: 1,
  annotators: 2,
  further: 1,
  agreement: 0.7,
  seed: 1,
  adjudicator: 'ada@example.com',
};

/** Of the batch's four tasks one is agreed upon, one in dispute, one undecided between three classes, and one answered once. */
async function disputed(world: AnnotatedWorld): Promise<void> {
  await selected(world);
  const input = { ...reviewInput(world), scheme: threeClasses, opinions };
  const { projectId } = (await runActivity(createActivities(world).openReview, input))!;
  const labels = [['cat', 'cat'], ['cat', 'dog'], ['cat', 'dog', 'cow'], ['dog']];
  world.board
    .project(projectId)
    .tasks.forEach(({ key }, index) =>
      labels[index]!.forEach((label, person) =>
        world.board.answerSuggestion(projectId, key, said(label, key), person + 2),
      ),
    );
}

const threeClasses = { ...scheme, classes: ['cat', 'dog', 'cow'] };

function lookAtOpinions(activities: Activities, world: AnnotatedWorld) {
  const projectIds = world.board.projectsTitled('glyphs cycle 1 batch');
  const several = { rule: opinions, scheme: threeClasses, cycles: [1] };
  return runActivity(activities.readReview, { projectIds, opinions: several });
}

const steps: readonly Step[] = [
  {
    name: 'checkConnections',
    prepare: async () => undefined,
    act: (activities) => runActivity(activities.checkConnections, undefined as never),
    answer: (reports) => reports,
  },
  {
    name: 'copyLabelConfig',
    prepare: async (world) => {
      const labelConfig = classificationLabelConfig(scheme.classes);
      await world.board.ensureProject({ title: 'pets of old', description: '', labelConfig });
    },
    act: (activities) => runActivity(activities.copyLabelConfig, { title: 'pets of old', scheme }),
    answer: (labelConfig) => labelConfig,
  },
  {
    name: 'ensureDatasource',
    prepare: async (world) => world.engine.addImage(rootUrl, 'new.png'),
    act: (activities) => runActivity(activities.ensureDatasource, { name: 'glyphs', rootUrl }),
    answer: (answer) => answer,
  },
  {
    name: 'assignSplits',
    prepare: async () => undefined,
    act: (activities) =>
      runActivity(activities.assignSplits, {
        datasourceId: '1',
        rule: { train: 0.6, valid: 0.3, test: 0.1 },
        seed: 1,
      }),
    answer: () => null,
  },
  {
    name: 'importAnnotations',
    prepare: (world) => world.annotate(3, 4),
    act: async (activities, world) => {
      const file = join(world.workDir, 'labels.csv');
      await writeFile(file, world.paths.map((path) => `${path},dog`).join('\n'));
      const imports = [{ format: 'csv' as const, file }];
      await runActivity(activities.importAnnotations, { datasource, scheme, imports });
      // The file's place is part of the stored source, and differs between worlds.
      await world.set(0, 24, { annotationSource: 'import/labels.csv' });
    },
    answer: () => null,
  },
  {
    name: 'selectFirstBatch',
    prepare: annotated,
    act: (activities) =>
      runActivity(activities.selectFirstBatch, {
        datasourceId: '1',
        rootUrl,
        seed: 1,
        holdOutImages: 5,
        validationImages: 5,
        firstImages: 11,
      }),
    answer: (drawn) => drawn,
  },
  {
    name: 'trainModel',
    prepare: annotated,
    act: (activities) => runActivity(activities.trainModel, trainingInput),
    answer: (result) => result,
  },
  {
    name: 'evaluateModel',
    prepare: trained,
    act: (activities, world) =>
      runActivity(activities.evaluateModel, {
        loop: 'glyphs',
        runId: runId(world),
        datasource,
        scheme,
        seed: 1,
        startTimeMs: trainingInput.startTimeMs,
      }),
    answer: (result) => result,
  },
  {
    name: 'planInference',
    prepare: annotated,
    act: (activities) => runActivity(activities.planInference, { datasourceId: '1', shardImages: 4 }),
    answer: (shards) => shards,
  },
  {
    name: 'inferShard',
    prepare: async (world) => {
      await trained(world);
      world.engine.addImage(rootUrl, '07.png', new TextEncoder().encode('broken'));
    },
    act: (activities, world) => runActivity(activities.inferShard, inferInput(world)),
    answer: ({ unreadable }: { unreadable: number }) => unreadable,
  },
  {
    name: 'selectBatch',
    prepare: scored,
    act: (activities, world) => runActivity(activities.selectBatch, batchInput(world)),
    answer: ({ selected: count }: { selected: number }) => count,
  },
  {
    name: 'inferShard',
    variant: 'with feature vectors',
    prepare: async (world) => {
      await trained(world);
      world.engine.addImage(rootUrl, '07.png', new TextEncoder().encode('broken'));
    },
    act: inferWithVectors,
    answer: ({ unreadable }: { unreadable: number }) => unreadable,
  },
  {
    name: 'selectBatch',
    variant: 'by feature vectors',
    prepare: scoredWithVectors,
    act: (activities, world) => {
      const input = batchInput(world);
      const rule = { ...input.rule, strategy: 'two-stage' as const };
      return runActivity(activities.selectBatch, { ...input, rule, scheme });
    },
    answer: ({ selected: count }: { selected: number }) => count,
  },
  {
    name: 'openReview',
    prepare: selected,
    act: (activities, world) => runActivity(activities.openReview, reviewInput(world)),
    answer: (review) => review,
  },
  {
    name: 'readReview',
    prepare: answered,
    act: (activities, world) =>
      runActivity(activities.readReview, { projectIds: world.board.projectsTitled('glyphs cycle 1 batch') }),
    answer: (progress) => progress,
  },
  {
    name: 'openReview',
    variant: 'for two people each, some blind',
    prepare: selected,
    act: (activities, world) => {
      const blind = { share: 0.5, seed: 1 };
      return runActivity(activities.openReview, { ...reviewInput(world), opinions, blind });
    },
    answer: (review) => review,
  },
  {
    name: 'readReview',
    variant: 'where people differ',
    prepare: disputed,
    act: lookAtOpinions,
    answer: (progress) => progress,
  },
  {
    name: 'collectAnnotations',
    variant: 'where people differ',
    prepare: async (world) => {
      await disputed(world);
      await lookAtOpinions(createActivities(world), world);
      const [verdicts] = world.board.projectsTitled('glyphs cycle 1 verdicts');
      const [task] = world.board.project(verdicts!).tasks;
      world.board.answer(verdicts!, task!.key, said('cow', task!.key));
    },
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId: projectId!, cycle: 1 }];
      const cost = { perHour: 30, currency: 'EUR' };
      const input = { loop: 'glyphs', datasourceId: '1', scheme: threeClasses, reviews, opinions, cost };
      return runActivity(activities.collectAnnotations, input);
    },
    answer: (reviews: { open: number; skipped: number }[]) =>
      reviews.map(({ open, skipped }) => ({ open, skipped })),
  },
  {
    name: 'collectAnnotations',
    prepare: answered,
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId: projectId!, cycle: 1 }];
      return runActivity(activities.collectAnnotations, {
        loop: 'glyphs',
        datasourceId: '1',
        scheme,
        reviews,
      });
    },
    answer: (reviews: { open: number; skipped: number }[]) =>
      reviews.map(({ open, skipped }) => ({ open, skipped })),
  },
  {
    name: 'collectAnnotations',
    variant: 'of what was annotated elsewhere',
    prepare: annotatedElsewhere,
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId: projectId!, cycle: 1 }];
      const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
      return runActivity(activities.collectAnnotations, input);
    },
    answer: (reviews: { open: number; skipped: number }[]) =>
      reviews.map(({ open, skipped }) => ({ open, skipped })),
  },
  {
    name: 'collectAnnotations',
    variant: 'of corrections and deletions, in a review that is left behind too',
    prepare: corrected,
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 2 batch');
      const reviews = [{ projectId: projectId!, cycle: 2 }];
      return runActivity(activities.collectAnnotations, {
        loop: 'glyphs',
        datasourceId: '1',
        scheme,
        reviews,
      });
    },
    answer: (reviews: { open: number }[]) => reviews[0]?.open,
  },
  {
    name: 'collectAnnotations',
    variant: 'that closes a review: the rest withdrawn, skips asked again',
    prepare: answered,
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId: projectId!, cycle: 1, withdraw: 'closed' }];
      return runActivity(activities.collectAnnotations, {
        loop: 'glyphs',
        datasourceId: '1',
        scheme,
        reviews,
        askAgain: true,
      });
    },
    answer: (reviews: { open: number; skipped: number }[]) =>
      reviews.map(({ open, skipped }) => ({ open, skipped })),
  },
  {
    name: 'collectAnnotations',
    variant: 'of an answer to a task that was withdrawn',
    prepare: async (world) => {
      await answered(world);
      const [projectId = 0] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId, cycle: 1, withdraw: 'closed' }];
      const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
      await runActivity(createActivities(world).collectAnnotations, input);
      const [shelf = 0] = world.board.projectsTitled('glyphs cycle 1 withdrawn');
      const [task] = world.board.project(shelf).tasks;
      world.board.answer(shelf, task!.key, said('cat', task!.key));
    },
    act: (activities) =>
      runActivity(activities.collectAnnotations, {
        loop: 'glyphs',
        datasourceId: '1',
        scheme,
        reviews: [],
      }),
    answer: () => null,
  },
  {
    name: 'withdrawTasks',
    variant: 'that excludes',
    prepare: answered,
    act: (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const reviews = [{ projectId: projectId!, cycle: 1 }];
      const why = 'ada: blurred';
      const { paths } = world;
      const input = { loop: 'glyphs', datasourceId: '1', cycle: 1, reviews, paths, why, exclude: true };
      return runActivity(activities.withdrawTasks, input);
    },
    answer: ({ kept, unknown }: { kept: string[]; unknown: string[] }) => ({ kept, unknown }),
  },
  {
    name: 'remindAnnotators',
    prepare: async () => undefined,
    act: (activities) =>
      runActivity(activities.remindAnnotators, {
        id: 'wf/1/0/1',
        loop: 'glyphs',
        cycle: 1,
        open: 3,
        quietSince: '2026-11-26T00:00:00.000Z',
        reviews: [{ title: 'glyphs cycle 1 batch', url: 'http://fake.invalid/projects/1/data' }],
      }),
    answer: (nothing) => nothing,
  },
  ...([2, 6] as const).map((maxImages): Step => ({
    name: 'resizeBatch',
    variant: `to ${maxImages} of 4 images`,
    prepare: answered,
    act: async (activities, world) => {
      const [projectId] = world.board.projectsTitled('glyphs cycle 1 batch');
      const resized = await runActivity(activities.resizeBatch, {
        loop: 'glyphs',
        datasourceId: '1',
        projectId: projectId!,
        cycle: 1,
        cycleRunId: runId(world),
        maxImages,
        why: 'ada: less',
      });
      await runActivity(activities.openReview, reviewInput(world));
      return resized;
    },
    answer: ({ selected: count }: { selected: number }) => count,
  })),
];

test('there is a step here for every activity', () => {
  const world = {} as ActivityDeps;
  const names = new Set(steps.map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(createActivities(world)).sort());
});

describe.each(steps.map((step) => ({ variant: '', ...step })))(
  '$name $variant',
  ({ prepare, act, answer }) => {
    async function run(accident: (world: AnnotatedWorld) => Promise<void>) {
      const world = await AnnotatedWorld.create(24);
      try {
        await prepare(world);
        await accident(world);
        const result = await act(createActivities(world), world);
        return { answer: answer(result as never), state: world.state() };
      } finally {
        await world.remove();
      }
    }

    let whole: { answer: unknown; state: unknown };
    let calls: Record<Death, number[]>;
    beforeAll(async () => {
      const process = new MortalProcess(Infinity, 'before');
      const world = await AnnotatedWorld.create(24);
      await prepare(world);
      const result = await act(createActivities(process.wrap(asDeps(world))), world);
      whole = { answer: answer(result as never), state: world.state() };
      const every = Array.from({ length: process.calls }, (_, index) => index + 1);
      calls = { before: every, after: every, 'half-way': process.manyValues };
      await world.remove();
    });

    test('a second run changes nothing and answers alike', async () => {
      const again = await run(async (world) => {
        await act(createActivities(world), world);
      });
      expect(again).toEqual(whole);
    });

    test.each(deaths)(
      'dying %s any remote call leaves nothing that another attempt does not mend',
      async (death) => {
        expect(calls.before.length).toBeGreaterThan(0);
        for (const dieAt of calls[death])
          for (const disk of ['kept', 'lost']) {
            let died = false;
            const process = new MortalProcess(dieAt, death);
            const mended = await run(async (world) => {
              const activities = createActivities(process.wrap(asDeps(world)));
              await act(activities, world).catch((error: unknown) => {
                died = true;
                expect(error).toMatchObject({ nonRetryable: false });
              });
              if (disk === 'lost') await world.loseDisk();
            });
            // Metrics that come while others are sent go together: one call less on a busy machine.
            const reached = process.calls >= dieAt;
            expect({ dieAt, disk, died, ...mended }).toEqual({ dieAt, disk, died: reached, ...whole });
          }
      },
    );
  },
);

/** The dependencies alone: a copy of a world would be no world. */
function asDeps({
  engine,
  tracker,
  board,
  trainer,
  runner,
  plots,
  chooser,
  losses,
  reminders,
  workDir,
  webhook,
}: ActivityDeps): ActivityDeps {
  const optional = { ...(webhook && { webhook }), ...(reminders && { reminders }) };
  return { engine, tracker, board, trainer, runner, plots, chooser, losses, workDir, ...optional };
}
