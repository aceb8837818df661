import { collectAnnotationsActivity } from '../../activities/collect-annotations.ts';
import { readReviewActivity } from '../../activities/read-review.ts';
import { auditLoop } from '../../client/audit-loop.ts';
import { opinionRule } from '../../core/opinions/opinion-rule.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { openBatch } from '../support/open-batch.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

const spec = loopSpec({ loop: 'glyphs', classes });

test('what the loop sends and collects balances, and the ledger says who said what', async () => {
  const world = await AnnotatedWorld.create(8);
  try {
    await world.set(0, 6, { selectedInCycle: 2, selectedAs: 'score' });
    const projectId = await openBatch(world);
    world.board.answer(projectId, '00.png', said('cat', '00.png'));
    world.board.answer(projectId, '00.png', said('dog', '00.png'));
    world.board.skip(projectId, '01.png');
    const { collectAnnotations } = collectAnnotationsActivity(world);
    const reviews = [{ projectId, cycle: 2 }];
    await runActivity(collectAnnotations, { loop: 'glyphs', datasourceId: '1', scheme, reviews });
    world.board.answer(projectId, '02.png', said('dog', '02.png'));

    const { lines, faults, entries, agreement } = await auditLoop(world, spec);
    expect(faults).toEqual([]);
    expect(lines).toEqual([
      {
        cycle: 2,
        purpose: 'score',
        asked: 6,
        sent: 6,
        answered: 2,
        collected: 1,
        skipped: 1,
        open: 3,
        withdrawn: 0,
        known: 0,
        unsent: 0,
      },
    ]);
    expect(
      entries.map(({ path, counts, skipped, collected }) => ({ path, counts, skipped, collected })),
    ).toEqual([
      { path: '00.png', counts: false, skipped: false, collected: false },
      { path: '00.png', counts: true, skipped: false, collected: true },
      { path: '01.png', counts: false, skipped: true, collected: false },
      { path: '02.png', counts: true, skipped: false, collected: false },
    ]);
    expect(entries.map(({ label }) => label)).toEqual(['cat', 'dog', null, 'dog']);
    expect(agreement).toBeNull();
    expect(entries[0]).toMatchObject({ cycle: 2, project: projectId, annotator: 1, leadTimeSeconds: 2.5 });
  } finally {
    await world.remove();
  }
});

test('the ledger alone balances after the projects are deleted, and tells what the next collection will write', async () => {
  const world = await AnnotatedWorld.create(8);
  try {
    await world.set(0, 4, { selectedInCycle: 2, selectedAs: 'score' });
    const projectId = await openBatch(world);
    for (const key of ['00.png', '01.png']) world.board.answer(projectId, key, said('cat', key));
    world.board.skip(projectId, '02.png');
    const { collectAnnotations } = collectAnnotationsActivity(world);
    const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews: [{ projectId, cycle: 2 }] };
    await runActivity(collectAnnotations, input);

    world.board.revise(projectId, '00.png', said('dog', '00.png'));
    world.board.retract(projectId, '01.png');
    world.board.answer(projectId, '03.png', said('dog', '03.png'));
    const before = await auditLoop(world, spec);
    expect(before.faults).toEqual([]);
    expect(before.uncollected).toEqual({ added: 1, corrected: 1, deleted: 1 });

    await runActivity(collectAnnotations, input);
    const balance = { asked: 4, sent: 4, answered: 2, collected: 2, skipped: 1, open: 1 };
    const whole = await auditLoop(world, spec);
    world.board.deleteProject(projectId);
    const alone = await auditLoop(world, spec);
    expect(alone.lines).toMatchObject([balance]);
    expect(alone).toMatchObject({ faults: [], uncollected: { added: 0, corrected: 0, deleted: 0 } });
    expect(alone.lines).toEqual(whole.lines);
    expect(alone.ledger).toEqual(whole.ledger);
    expect(alone.ledger.map(({ path, event }) => `${path} ${event}`)).toEqual([
      ...['00.png sent', '00.png answered', '00.png answered'],
      ...['01.png sent', '01.png answered', '01.png deleted'],
      ...['02.png sent', '02.png skipped', '03.png sent', '03.png answered'],
    ]);
  } finally {
    await world.remove();
  }
});

test('a deleted task, and an answer that no ledger knows, are faults', async () => {
  const world = await AnnotatedWorld.create(8);
  try {
    await world.set(0, 2, { selectedInCycle: 2, selectedAs: 'score' });
    const projectId = await openBatch(world);
    const { id, updatedAt } = world.board.answer(projectId, '00.png', said('cat', '00.png'));
    const source = `${projectId}/${id}@${updatedAt}`;
    await world.annotate(0, 1);
    await world.set(0, 1, { annotationSource: source });
    world.board.deleteTask(projectId, '01.png');
    const { faults } = await auditLoop(world, spec);
    expect(faults.map(({ path, text }) => `${path} ${text}`)).toEqual([
      '01.png was selected in cycle 2 as score, and has no task though others have; while its review is being opened, look again.',
      `00.png holds the answer ${source}, which its ledger does not know; "labelloop collect" writes it.`,
      `01.png was sent to project ${projectId} in cycle 2, which has no task of it: somebody deleted it there.`,
    ]);
  } finally {
    await world.remove();
  }
});

test('a loop that has asked nothing is told so', async () => {
  const world = await AnnotatedWorld.create(1);
  try {
    const other = { ...spec, datasource: { ...spec.datasource, name: 'letters' } };
    await expect(auditLoop(world, other)).rejects.toThrow(
      'has no datasource "letters": nothing was asked yet',
    );
  } finally {
    await world.remove();
  }
});

test('what two people and an adjudicator answered balances: one task, one verdict, three answers in the ledger', async () => {
  const world = await AnnotatedWorld.create(4);
  try {
    await world.set(0, 3, { selectedInCycle: 2, selectedAs: 'score' });
    const overlap = { share: 1, annotators: 2, further: 0, agreement: 0.7 };
    const review = { ...spec.review, overlap, adjudicator: 'ada@example.com' };
    const twice = { ...spec, review };
    const opinions = opinionRule(twice)!;
    const projectId = await openBatch(world, { opinions });
    for (const [key, labels] of Object.entries({ '00.png': ['cat', 'dog'], '01.png': ['dog', 'dog'] }))
      labels.forEach((label, person) => world.board.answer(projectId, key, said(label, key), person + 2));
    const several = { rule: opinions, scheme, cycles: [2] };
    await runActivity(readReviewActivity(world).readReview, { projectIds: [projectId], opinions: several });
    const before = await auditLoop(world, twice);
    expect(before.faults).toEqual([]);
    expect(before.lines).toMatchObject([{ asked: 3, sent: 3, answered: 1, open: 2 }]);

    const [verdicts] = world.board.projectsTitled('glyphs cycle 2 verdicts');
    world.board.answer(verdicts!, '00.png', said('cat', '00.png'), 1);
    const reviews = [{ projectId, cycle: 2 }];
    const { collectAnnotations } = collectAnnotationsActivity(world);
    await runActivity(collectAnnotations, { loop: 'glyphs', datasourceId: '1', scheme, reviews, opinions });
    const { lines, faults, entries, agreement } = await auditLoop(world, twice);
    expect(faults).toEqual([]);
    expect(lines).toMatchObject([{ asked: 3, sent: 3, answered: 2, collected: 2, skipped: 0, open: 1 }]);
    expect(
      entries.map(({ path, annotator, label, counts, collected }) => [
        path,
        annotator,
        label,
        counts,
        collected,
      ]),
    ).toEqual([
      ['00.png', 2, 'cat', false, false],
      ['00.png', 3, 'dog', false, false],
      ['00.png', 1, 'cat', true, true],
      ['01.png', 2, 'dog', true, true],
      ['01.png', 3, 'dog', true, true],
    ]);
    // The adjudicator saw what the others said: no third opinion.
    expect(agreement).toMatchObject({ datapoints: 2, pairs: [{ one: '2', other: '3', agreed: 1 }] });

    world.board.project(verdicts!).tasks[0]!.annotations.pop();
    const retracted = await auditLoop(world, twice);
    expect(retracted.faults).toEqual([]);
    expect(retracted.uncollected).toEqual({ added: 0, corrected: 0, deleted: 1 });
    await runActivity(collectAnnotations, { loop: 'glyphs', datasourceId: '1', scheme, reviews, opinions });
    const after = await auditLoop(world, twice);
    expect(after.faults).toEqual([]);
    expect(after.uncollected).toEqual({ added: 0, corrected: 0, deleted: 0 });
    expect(after.lines).toMatchObject([{ asked: 3, sent: 3, answered: 1, collected: 1, open: 2 }]);
    expect(world.column('annotationSource')).not.toHaveProperty(['00.png']);
  } finally {
    await world.remove();
  }
});

test('what was withdrawn and answered all the same is to be collected, and then an answer of its cycle', async () => {
  const world = await AnnotatedWorld.create(8);
  try {
    await world.set(0, 3, { selectedInCycle: 2, selectedAs: 'score' });
    const projectId = await openBatch(world);
    const { collectAnnotations } = collectAnnotationsActivity(world);
    const input = { loop: 'glyphs', datasourceId: '1', scheme };
    const reviews = [{ projectId, cycle: 2, withdraw: 'closed' }];
    await runActivity(collectAnnotations, { ...input, reviews });
    const [shelf] = world.board.projectsTitled('glyphs cycle 2 withdrawn');
    world.board.answer(shelf!, '00.png', said('cat', '00.png'));
    world.board.skip(shelf!, '01.png');
    const before = await auditLoop(world, spec);
    expect(before).toMatchObject({ faults: [], uncollected: { added: 1, corrected: 0, deleted: 0 } });
    expect(before.lines).toMatchObject([{ asked: 3, sent: 3, answered: 0, withdrawn: 3 }]);

    await runActivity(collectAnnotations, { ...input, reviews: [] });
    const after = await auditLoop(world, spec);
    expect(after).toMatchObject({ faults: [], uncollected: { added: 0 } });
    expect(after.lines).toMatchObject([{ asked: 3, sent: 3, answered: 1, collected: 1, withdrawn: 2 }]);

    world.board.deleteProject(shelf!);
    expect((await auditLoop(world, spec)).faults).toEqual([]);
  } finally {
    await world.remove();
  }
});
