import { createActivities } from '../../activities/index.ts';
import { traceText } from '../../bin/trace-text.ts';
import { auditLoop } from '../../client/audit-loop.ts';
import { traceDatapoint } from '../../client/trace-datapoint.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import { answersOf } from '../../core/answers/answers.ts';
import type { MetadataEntry } from '../../core/datapoints.ts';
import { choiceOf } from '../../core/results.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { openBatch } from '../support/open-batch.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

const spec = loopSpec({ loop: 'glyphs', classes });
let world: AnnotatedWorld;
let projectId: number;
beforeEach(async () => {
  world = await AnnotatedWorld.create(6);
  await world.set(0, 4, { split: 'train', selectedInCycle: 2, selectedAs: 'score', predRun: 'run-1' });
  await write('00.png', 'prediction', {
    prediction: [{ result: said('dog', '00.png'), score: 0.5, model_version: 'run-1' }],
  });
  projectId = await openBatch(world);
});
afterEach(() => world.remove());

/** As another client of the Data Engine does. */
function write(path: string, key: 'annotation' | 'prediction', task: object): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify(task));
  const entries: MetadataEntry[] = [{ path, key, valueType: 'BLOB', value }];
  return world.engine.updateMetadata({ datasourceId: '1', entries });
}

/** As DagsHub stores what a person annotated in a project of their own. */
function annotate(path: string, label: string): Promise<void> {
  const annotation = { id: 5, completed_by: 3, updated_at: '2026-11-26T10:00:00Z' };
  return write(path, 'annotation', {
    data: { image: `http://images.invalid/${path}` },
    annotations: [{ ...annotation, result: said(label, path) }],
    meta: { path },
  });
}

function collect() {
  const reviews = [{ projectId, cycle: 2 }];
  const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
  return runActivity(createActivities(world).collectAnnotations, input);
}

async function labels(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [path, hash] of Object.entries(world.column('annotation')))
    found[path] = choiceOf(resultOfBlob(await world.engine.fetchBlob(String(hash)), path), classes, path);
  return found;
}

test('what was annotated in the Data Engine is taken over, and nobody is asked it any more', async () => {
  await annotate('00.png', 'cat');
  await annotate('01.png', 'dog');
  const before = world.column('annotation');
  expect(await collect()).toEqual([
    { projectId, collected: 0, unchanged: 0, skipped: 0, open: 2, adopted: 2 },
  ]);
  expect(world.board.project(projectId).tasks.map(({ key }) => key)).toEqual(['02.png', '03.png']);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'dog' });
  // The person's own words, untouched.
  expect(world.column('annotation')).toEqual(before);
  expect(world.column('annotatedInCycle')).toEqual({ '00.png': 2, '01.png': 2 });
  // The model had said dog.
  expect(world.column('predLoss')).toEqual({ '00.png': 1 });

  const { written } = world;
  expect(await collect()).toEqual([{ projectId, collected: 0, unchanged: 0, skipped: 0, open: 2 }]);
  expect(world.written).toBe(written);
  const { lines, faults } = await auditLoop(world, spec);
  expect(faults).toEqual([]);
  expect(lines).toMatchObject([{ cycle: 2, purpose: 'score', asked: 4, sent: 2, open: 2, known: 2 }]);
  const text = traceText(await traceDatapoint(world, spec, '00.png'), answersOf(scheme));
  expect(text.split('\n').slice(-2)).toEqual([
    `  cycle 2: withdrawn from project ${projectId}: annotated in the Data Engine`,
    'Its annotation is what person 3 annotated in the Data Engine, as of 2026-11-26T10:00:00Z.',
  ]);
});

test('each review of a cycle gives up its own tasks', async () => {
  await world.set(4, 6, { selectedInCycle: 2, selectedAs: 'hold-out' });
  const other = await openBatch(world, { part: 'hold-out', purposes: ['hold-out'] });
  await annotate('00.png', 'cat');
  await annotate('04.png', 'dog');
  const reviews = [other, projectId].map((id) => ({ projectId: id, cycle: 2 }));
  const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
  expect(await runActivity(createActivities(world).collectAnnotations, input)).toMatchObject([
    { projectId: other, adopted: 1, open: 1 },
    { projectId, adopted: 1, open: 3 },
  ]);
  const left = [other, projectId].map((id) => world.board.project(id).tasks.map(({ key }) => key));
  expect(left).toEqual([['05.png'], ['01.png', '02.png', '03.png']]);
  expect((await auditLoop(world, spec)).faults).toEqual([]);
});

test("where somebody answered the review's task, that answer counts", async () => {
  await annotate('00.png', 'cat');
  const { id, updatedAt } = world.board.answer(projectId, '00.png', said('dog', '00.png'));
  expect(await collect()).toMatchObject([{ collected: 1, open: 3 }]);
  expect(await labels()).toEqual({ '00.png': 'dog' });
  expect(world.column('annotationSource')).toEqual({ '00.png': `${projectId}/${id}@${updatedAt}` });
});

test('what the loop cannot take is told, and nothing learns from it; its task stays until it is put right', async () => {
  await annotate('00.png', 'cow');
  await write('01.png', 'annotation', { data: {}, annotations: [] });
  const [{ adopted, refused, open } = {}] = await collect();
  expect({ adopted, open }).toEqual({ adopted: undefined, open: 4 });
  expect(refused).toEqual([
    'The annotation of "00.png" in the Data Engine names the class "cow"; the loop knows "cat", "dog".',
    'The annotation of "01.png" in the Data Engine holds neither "annotations" nor "prediction" with a "result" list.',
  ]);
  expect(world.column('annotation')).toEqual({});
  expect(world.board.project(projectId).tasks).toHaveLength(4);
  await annotate('00.png', 'cat');
  expect(await collect()).toMatchObject([{ adopted: 1, open: 3 }]);
  expect(await labels()).toEqual({ '00.png': 'cat' });
});

test('annotations that were there before anybody was asked stay what they are', async () => {
  await world.annotate(4, 6);
  await world.set(4, 5, { selectedInCycle: 2, selectedAs: 'hold-out' });
  const [{ adopted } = {}] = await collect();
  expect(adopted).toBeUndefined();
  expect(world.column('annotationSource')).toEqual({});
});
