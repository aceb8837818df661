import { createActivities, type Activities } from '../../activities/index.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

let world: AnnotatedWorld;
let activities: Activities;
let projectId: number;
/** Images 0 to 5 are asked in cycle 2, the last of them at random. */
beforeEach(async () => {
  world = await AnnotatedWorld.create(10);
  activities = createActivities(world);
  await world.set(0, 10, { split: 'train' });
  for (let rank = 0; rank < 6; rank++)
    await world.set(rank, rank + 1, {
      selectedInCycle: 2,
      selectedAs: rank < 5 ? 'score' : 'random',
      selectedRank: rank,
    });
  projectId = (await open(2, ['score', 'random']))!.projectId;
});
afterEach(() => world.remove());

function open(cycle: number, purposes: Parameters<Activities['openReview']>[0]['purposes']) {
  return runActivity(activities.openReview, {
    workflowId: 'wf',
    loop: 'glyphs',
    cycle,
    part: 'batch',
    purposes,
    datasource: { id: '1', rootUrl },
    scheme,
    runId: null,
  });
}

async function ensureRun() {
  const experimentId = await world.tracker.ensureExperiment('glyphs');
  return world.tracker.ensureRun({ experimentId, key: 'k', name: 'n', startTimeMs: 0, tags: {} });
}

function answer(key: string, of = projectId) {
  return world.board.answer(of, key, said('cat', key));
}

/** Somebody answers a task just as it is to be withdrawn. */
function answerMeanwhile(key: string): void {
  const withdraw = world.board.withdrawTasks.bind(world.board);
  world.board.withdrawTasks = (input, signal) => {
    answer(key);
    world.board.withdrawTasks = withdraw;
    return withdraw(input, signal);
  };
}

async function close(cycle = 2, of = projectId) {
  const [review] = await runActivity(activities.collectAnnotations, {
    loop: 'glyphs',
    datasourceId: '1',
    scheme,
    reviews: [{ projectId: of, cycle, withdraw: 'closed' }],
    askAgain: true,
  });
  return review!;
}

async function poolImages(): Promise<number> {
  const shards = await runActivity(activities.planInference, { datasourceId: '1', shardImages: 100 });
  return shards.reduce((sum, { images }) => sum + images, 0);
}

function tasks(of = projectId): string[] {
  return world.board.project(of).tasks.map(({ key }) => key);
}

test('a review that closes keeps what was answered at the last moment, and gives the rest back', async () => {
  answer('00.png');
  answerMeanwhile('03.png');
  expect(await close()).toEqual({
    projectId,
    collected: 2,
    unchanged: 0,
    skipped: 0,
    open: 0,
    withdrawn: 4,
  });
  expect(Object.keys(world.column('annotation'))).toEqual(['00.png', '03.png']);
  expect(tasks()).toEqual(['00.png', '03.png']);
  expect(world.column('selectedInCycle')).toEqual({
    '00.png': 2,
    '01.png': -1,
    '02.png': -1,
    '03.png': 2,
    '04.png': -1,
    '05.png': -1,
  });
  expect(world.column('askedBefore')).toMatchObject({
    '01.png': '2 score withdrawn: closed',
    '05.png': '2 random withdrawn: closed',
  });
  expect(Object.keys(world.column('askedBefore'))).toHaveLength(4);
});

test('what was withdrawn is in the pool again: it is planned, and may be asked by the next cycle', async () => {
  answer('00.png');
  await close();
  expect(await poolImages()).toBe(9);
  await world.set(1, 2, { selectedInCycle: 3, selectedAs: 'score' });
  const review = await open(3, ['score']);
  expect(tasks(review!.projectId)).toEqual(['01.png']);
});

test('a skipped image is asked again by the next batch, first of all, and excluded when it is skipped again', async () => {
  world.board.skip(projectId, '04.png');
  for (const key of ['00.png', '01.png', '02.png', '03.png', '05.png']) answer(key);
  expect(await close()).toMatchObject({ skipped: 1, again: 1 });
  expect(world.column('askedBefore')).toEqual({ '04.png': '2 score skipped' });
  expect(world.column('selectedInCycle')['04.png']).toBe(-1);

  const { runId } = await ensureRun();
  await world.set(4, 10, { predRun: runId, predScore: 0.9 });
  const rule = { strategy: 'top-k' as const, maxImages: 3, maxScore: 1, randomShare: 0 };
  const ids = { runId: runId, cycleRunId: runId };
  const select = () =>
    runActivity(activities.selectBatch, {
      datasourceId: '1',
      cycle: 3,
      seed: 1,
      rule,
      ...ids,
      askAgain: true,
    });
  expect(await select()).toMatchObject({ selected: 3 });
  expect(await select()).toMatchObject({ selected: 3 });
  const asked = Object.entries(world.column('selectedInCycle')).filter(([, cycle]) => cycle === 3);
  expect(asked).toHaveLength(3);
  expect(world.column('selectedAs')['04.png']).toBe('again');

  const review = await open(3, ['score', 'again']);
  const again = review!.projectId;
  for (const key of tasks(again)) if (key === '04.png') world.board.skip(again, key);
  expect(await close(3, again)).toMatchObject({ skipped: 1, excluded: 1, withdrawn: 2 });
  expect(world.column('excluded')).toEqual({ '04.png': 'skipped in cycle 2 and again in cycle 3' });
  expect(await close(3, again)).not.toHaveProperty('excluded');
});

test('hold-out and validation that are skipped stay as they were drawn', async () => {
  await world.set(0, 2, { selectedInCycle: 0, selectedAs: 'hold-out', split: 'test' });
  const review = await open(0, ['hold-out']);
  world.board.skip(review!.projectId, '00.png');
  expect(await close(0, review!.projectId)).toEqual({
    projectId: review!.projectId,
    collected: 0,
    unchanged: 0,
    skipped: 1,
    open: 1,
  });
  expect(tasks(review!.projectId)).toEqual(['00.png', '01.png']);
});

test('an excluded image loses its open task and is never asked again; one with an answer keeps it', async () => {
  answer('00.png');
  answerMeanwhile('01.png');
  const paths = ['00.png', '01.png', '02.png', '09.png', 'none.png'];
  const reviews = [{ projectId, cycle: 2 }];
  const input = { loop: 'glyphs', datasourceId: '1', cycle: 2, reviews, paths, why: 'ada: blurred' };
  expect(await runActivity(activities.withdrawTasks, { ...input, exclude: true })).toEqual({
    withdrawn: 1,
    idle: 1,
    kept: ['00.png', '01.png'],
    unknown: ['none.png'],
  });
  expect(tasks()).toEqual(['00.png', '01.png', '03.png', '04.png', '05.png']);
  expect(Object.keys(world.column('excluded'))).toEqual(['00.png', '01.png', '02.png', '09.png']);
  // 06 to 08 are left in the pool, and a review that is opened again does not bring the task back.
  expect(await poolImages()).toBe(3);
  await open(2, ['score', 'random']);
  expect(tasks()).not.toContain('02.png');
});

test('a smaller batch takes of each purpose its part, the highest ranks first, and no answer', async () => {
  answer('04.png');
  const { runId } = await ensureRun();
  const input = {
    loop: 'glyphs',
    datasourceId: '1',
    projectId,
    cycle: 2,
    cycleRunId: runId,
    why: 'ada: less',
  };
  const resize = (maxImages: number) => runActivity(activities.resizeBatch, { ...input, maxImages });
  expect(await resize(4)).toEqual({ selected: 4, withdrawn: 2, runId: null });
  expect(tasks()).toEqual(['00.png', '01.png', '04.png', '05.png']);
  expect(await resize(4)).toEqual({ selected: 4, withdrawn: 0, runId: null });
  expect(await resize(1)).toEqual({ selected: 1, withdrawn: 3, runId: null });
  expect(tasks()).toEqual(['04.png']);
});

test('a withdrawn task leaves, and its image may be asked again', async () => {
  const reviews = [{ projectId, cycle: 2 }];
  const input = { loop: 'glyphs', datasourceId: '1', cycle: 2, reviews, paths: ['02.png'], why: 'ada: no' };
  expect(await runActivity(activities.withdrawTasks, input)).toMatchObject({ withdrawn: 1 });
  expect(world.column('askedBefore')).toEqual({ '02.png': '2 score withdrawn: ada: no' });
  expect(world.column('excluded')).toEqual({});
});

test('a skipped image of a review that was left behind stays a skip when it is excluded', async () => {
  world.board.skip(projectId, '02.png');
  const input = {
    loop: 'glyphs',
    datasourceId: '1',
    cycle: 3,
    reviews: [],
    paths: ['02.png'],
    why: 'ada: no',
  };
  const done = await runActivity(activities.withdrawTasks, { ...input, exclude: true });
  expect(done).toMatchObject({ withdrawn: 0, kept: ['02.png'] });
  expect(world.column('selectedInCycle')['02.png']).toBe(2);
  expect(world.column('excluded')).toEqual({ '02.png': 'ada: no' });
});

describe('an answer to a task that was withdrawn', () => {
  const shelf = () => world.board.projectsTitled('glyphs cycle 2 withdrawn')[0]!;
  const collect = (oneProject = false) =>
    runActivity(activities.collectAnnotations, {
      loop: 'glyphs',
      datasourceId: '1',
      scheme,
      reviews: [],
      askAgain: true,
      oneProject,
    });

  test('in the instant that it is taken away is collected with the rest', async () => {
    answer('00.png');
    const withdraw = world.board.withdrawTasks.bind(world.board);
    world.board.withdrawTasks = async (input, signal) => {
      const gone = await withdraw(input, signal);
      world.board.answer(shelf(), '03.png', said('cat', '03.png'));
      return gone;
    };
    const reviews = [{ projectId, cycle: 2, withdraw: 'closed' }];
    const [review, late] = await runActivity(activities.collectAnnotations, {
      loop: 'glyphs',
      datasourceId: '1',
      scheme,
      reviews,
    });
    expect(review).toMatchObject({ projectId, collected: 1, withdrawn: 5 });
    expect(late).toMatchObject({ projectId: shelf(), collected: 1 });
    expect(Object.keys(world.column('annotation'))).toEqual(['00.png', '03.png']);
    expect(world.column('selectedInCycle')).toMatchObject({ '02.png': -1, '03.png': 2 });
    expect(await collect()).toEqual([]);
  });

  test('weeks later is taken up by the next collection, corrected by a later one, and cleared when it is deleted', async () => {
    await close();
    world.board.answer(shelf(), '05.png', said('cat', '05.png'));
    world.board.skip(shelf(), '04.png');
    expect(await collect()).toMatchObject([{ projectId: shelf(), collected: 1 }]);
    expect(world.column('selectedInCycle')).toMatchObject({ '04.png': -1, '05.png': 2 });
    expect(world.column('selectedAs')['05.png']).toBe('random');
    world.board.revise(shelf(), '05.png', said('dog', '05.png'));
    expect(await collect()).toMatchObject([{ projectId: shelf(), collected: 1 }]);
    expect(world.column('annotationSource')['05.png']).toMatch(new RegExp(`^${shelf()}/`));
    world.board.retract(shelf(), '05.png');
    expect(await collect()).toMatchObject([{ projectId: shelf(), cleared: 1 }]);
    expect(world.column('annotation')).toEqual({});
    expect(world.column('selectedInCycle')['05.png']).toBe(-1);
    expect(await collect()).toEqual([]);
  });

  test('is left alone where another cycle asks the image by now', async () => {
    await close();
    await world.set(5, 6, { selectedInCycle: 3 });
    world.board.answer(shelf(), '05.png', said('cat', '05.png'));
    expect(await collect()).toEqual([]);
    expect(world.column('annotation')).toEqual({});
    expect(world.column('selectedInCycle')['05.png']).toBe(3);
  });

  test('is not asked a second time by a batch that grows again; an open task comes back', async () => {
    await close();
    world.board.answer(shelf(), '05.png', said('cat', '05.png'));
    await world.set(4, 6, { selectedInCycle: 2 });
    await open(2, ['score', 'random']);
    expect(tasks()).toEqual(['04.png']);
    expect(await collect()).toMatchObject([{ projectId: shelf(), collected: 1 }]);
    expect(Object.keys(world.column('annotation'))).toEqual(['05.png']);
  });
});
