import { readLearnedLosses, writeLearnedLosses } from '../../activities/learned-losses-file.ts';
import { trainLossPredictor } from '../../core/learning/train-loss-predictor.ts';
import { ThreadLossLearner } from '../../workers/thread-loss-learner.ts';
import { labelledBlobs } from '../support/labelled-blobs.ts';

const { embeddings, labels, classes } = labelledBlobs(60);
const features = { values: Float32Array.from(embeddings.values), columns: embeddings.columns };
const examples = {
  features,
  rows: Array.from(labels, (_, row) => row),
  labels: Array.from(labels),
  classes: classes.length,
};

test('learns on a thread of its own what the core learns, while the main thread goes on', async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  const learned = await new ThreadLossLearner().learn(examples, 3);
  clearInterval(timer);
  expect(learned).toEqual(trainLossPredictor(examples, 3));
  expect(ticks).toBeGreaterThan(0);
  expect(readLearnedLosses(writeLearnedLosses(learned))).toEqual(learned);
});

test('an abort ends the thread, and what the core refuses is refused here', async () => {
  const abort = new AbortController();
  const learning = new ThreadLossLearner().learn(examples, 3, abort.signal);
  abort.abort();
  await expect(learning).rejects.toMatchObject({ name: 'AbortError' });
  await expect(new ThreadLossLearner().learn({ ...examples, rows: [0], labels: [0] }, 3)).rejects.toThrow(
    'Losses are predicted from 10 labels on; there are 1.',
  );
});
