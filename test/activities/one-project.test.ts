import { createActivities } from '../../activities/index.ts';
import { auditLoop } from '../../client/audit-loop.ts';
import { predictionBlob } from '../../core/annotation-blob.ts';
import type { Purpose } from '../../core/fields.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

test('one project holds all cycles: nothing doubles, each cycle is waited for by itself, and late answers count for their own', async () => {
  const world = await AnnotatedWorld.create(8);
  try {
    const activities = createActivities(world);
    const open = (cycle: number, part: string, purposes: readonly Purpose[], runId: string | null) =>
      runActivity(activities.openReview, {
        workflowId: 'wf',
        loop: 'glyphs',
        cycle,
        part,
        purposes,
        datasource: world.datasource,
        scheme,
        runId,
        oneProject: true,
      });
    await world.set(0, 2, { selectedInCycle: 0, selectedAs: 'hold-out', selectedRank: 0 });
    await world.set(2, 4, { selectedInCycle: 0, selectedAs: 'first', selectedRank: 0 });
    const reviews = [
      await open(0, 'hold-out', ['hold-out'], null),
      await open(0, 'first', ['first'], null),
      await open(0, 'first', ['first'], null),
    ];
    const projectId = reviews[0]!.projectId;
    expect(reviews.map((review) => [review?.projectId, review?.title])).toEqual(
      Array(3).fill([projectId, 'glyphs cycle by cycle']),
    );
    const answer = (key: string, label: string) => world.board.answer(projectId, key, said(label, key));
    for (const key of ['00.png', '01.png', '02.png']) answer(key, 'cat');
    const collect = (cycle: number) =>
      runActivity(activities.collectAnnotations, {
        loop: 'glyphs',
        datasourceId: '1',
        scheme,
        reviews: [{ projectId, cycle }],
        oneProject: true,
      });
    expect(await collect(0)).toEqual([{ projectId, collected: 3, unchanged: 0, skipped: 0, open: 1 }]);

    await world.set(4, 7, { selectedInCycle: 1, selectedAs: 'score', selectedRank: 0, predRun: 'run-1' });
    await world.set(4, 7, { predScore: 0.5 });
    const entries = world.paths.slice(4, 7).map((path) => {
      const value = predictionBlob({
        imageUrl: 'x',
        result: said('cat', path),
        score: 0.5,
        modelVersion: 'run-1',
      });
      return { path, key: 'prediction', valueType: 'BLOB' as const, value };
    });
    await world.engine.updateMetadata({ datasourceId: '1', entries });
    expect(await open(1, 'batch', ['score'], 'run-1')).toMatchObject({ projectId, tasks: 3 });
    expect(world.board.project(projectId).modelVersion).toBe('run-1');
    expect(world.board.project(projectId).tasks).toHaveLength(7);
    const read = (cycle: number) => runActivity(activities.readReview, { projectIds: [projectId], cycle });
    expect(await read(1)).toMatchObject([{ tasks: 3, answered: 0, skipped: 0 }]);

    answer('03.png', 'dog');
    answer('04.png', 'dog');
    world.board.skip(projectId, '05.png');
    expect(await read(0)).toEqual([{ tasks: 4, answered: 4, skipped: 0 }]);
    expect(await read(1)).toMatchObject([{ tasks: 3, answered: 1, skipped: 1 }]);
    expect(await collect(1)).toEqual([{ projectId, collected: 2, unchanged: 3, skipped: 1, open: 1 }]);
    expect(world.column('annotatedInCycle')).toEqual({
      ...Object.fromEntries(world.paths.slice(0, 4).map((path) => [path, 0])),
      '04.png': 1,
    });

    const spec = loopSpec({ loop: 'glyphs', classes, review: { projects: 'loop' } });
    const { lines, faults, uncollected, ledger } = await auditLoop(world, spec);
    expect({ faults, uncollected }).toEqual({
      faults: [],
      uncollected: { added: 0, corrected: 0, deleted: 0 },
    });
    expect(lines).toMatchObject([
      { cycle: 0, purpose: 'first', sent: 2, answered: 2, collected: 2 },
      { cycle: 0, purpose: 'hold-out', sent: 2, answered: 2, collected: 2 },
      { cycle: 1, purpose: 'score', sent: 3, answered: 1, skipped: 1, open: 1 },
    ]);
    expect(ledger.filter(({ path }) => path === '03.png').map(({ event, cycle }) => [event, cycle])).toEqual([
      ['sent', 0],
      ['answered', 0],
    ]);
  } finally {
    await world.remove();
  }
});
