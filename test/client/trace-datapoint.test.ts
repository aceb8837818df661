import { collectAnnotationsActivity } from '../../activities/collect-annotations.ts';
import { createActivities } from '../../activities/index.ts';
import { traceText } from '../../bin/trace-text.ts';
import { traceDatapoint } from '../../client/trace-datapoint.ts';
import { predictionBlob } from '../../core/annotation-blob.ts';
import { answersOf } from '../../core/answers/answers.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { openBatch } from '../support/open-batch.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';
import { trainingInput } from '../support/training-input.ts';

const spec = loopSpec({ loop: 'glyphs', classes });

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(8);
});
afterEach(() => world.remove());

test('a label is traced to person, time, suggestion and model, after its project in Label Studio is gone', async () => {
  await world.set(0, 4, { split: 'train' });
  await world.set(4, 6, { split: 'valid', selectedAs: 'validation' });
  await world.annotate(1, 6);
  const activities = createActivities(world);
  const { runId } = await runActivity(activities.trainModel, trainingInput);
  const path = '00.png';
  const value = predictionBlob({ imageUrl: 'x', result: said('cat', path), score: 0.4, modelVersion: runId });
  await world.engine.updateMetadata({
    datasourceId: '1',
    entries: [{ path, key: 'prediction', valueType: 'BLOB', value }],
  });
  await world.set(0, 1, { predRun: runId, predScore: 0.4, selectedInCycle: 2, selectedAs: 'score' });
  const projectId = await openBatch(world, { runId });
  world.board.skip(projectId, path);
  world.board.answerSuggestion(projectId, path, said('cat', path));
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews: [{ projectId, cycle: 2 }] };
  await runActivity(collectAnnotations, input);
  const { id, updatedAt } = world.board.revise(projectId, path, said('dog', path));
  await runActivity(collectAnnotations, input);
  world.board.deleteProject(projectId);

  const text = traceText(await traceDatapoint(world, spec, path), answersOf(scheme));
  const model = `cycle 1's model, version 1 (run ${runId})`;
  const times = /20\S+Z/g;
  expect(text.replace(times, 'T')).toBe(
    [
      '00.png:',
      `  cycle 2: sent as score to project ${projectId}, with the suggestion of ${model}`,
      `  T annotator 1 (annotation ${id - 2} of project ${projectId}) skipped it, in 2.5 s`,
      `  T annotator 1 (annotation ${id} of project ${projectId}) answered "cat", starting from the suggestion of ${model}, in 2.5 s`,
      `  T annotator 1 (annotation ${id} of project ${projectId}) corrected that to "dog", starting from the suggestion of ${model}, in 2.5 s`,
      `Its annotation is annotation ${id} of project ${projectId}, as of T.`,
    ].join('\n'),
  );
  expect(text.match(times)!.at(-1)).toBe(updatedAt);
});

test('an imported label names its file, and an image that is not there is told', async () => {
  await world.set(0, 1, { annotationSource: 'import/labels.csv' });
  expect(traceText(await traceDatapoint(world, spec, '00.png'), answersOf(scheme))).toBe(
    '00.png was never sent to people.\nIts annotation is import/labels.csv.',
  );
  await expect(traceDatapoint(world, spec, 'no.png')).rejects.toThrow('There is no image "no.png"');
});

test('an annotation that several people made together names each of their answers', () => {
  const trace = {
    path: 'a.png',
    source: '3/9@2030-01-02T00:00:00Z,8@2030-01-01T00:00:00Z',
    entries: [],
    models: {},
  };
  expect(traceText(trace, answersOf(scheme))).toContain(
    'Its annotation is annotation 9 of project 3, as of 2030-01-02T00:00:00Z and annotation 8 of project 3, as of 2030-01-01T00:00:00Z.',
  );
});
