import { readFile } from 'node:fs/promises';
import { LocalModelRunner } from '../../../local-runner.ts';
import type { TrainerResult } from '../../run-trainer.ts';
import type { Attempt } from '../attempt.ts';
import type { CheckBench } from '../check-bench.ts';
import { sampleClasses } from '../sample-data.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** Guessing is right in 1 of 3; 60 images say 0.6 by chance once in 10 000 times. */
const leastAccuracy = 0.6;
/** A first and a last loss that say that something was learnt. */
const leastFall = 0.1;

/** Trains to the end; the model is tried on images that the trainer has not seen, or else its losses must fall. */
export const learns: TrainerCheck = {
  name: 'learns',
  about: 'trains to the end, and the model knows more than before',
  run: async (bench) => {
    const job = await bench.job('learns');
    const begin = performance.now();
    const attempt = bench.start(job);
    const result = await attempt.result();
    const seconds = (performance.now() - begin) / 1000;
    bench.learnt = { job, attempt, result, seconds };
    const took = `${seconds.toFixed(1)} s`;
    if (bench.options.task !== 'classification') return `${fallOfLoss(attempt)}, ${took}`;
    const accuracy = await accuracyOnUnseen(bench, result);
    const words = `${accuracy.toFixed(2)} of unseen images right`;
    if (accuracy < leastAccuracy)
      throw new BrokenPromise(`only ${words}, where guessing gives 0.33; train for longer by --param?`);
    return `${words}, ${took}`;
  },
};

function fallOfLoss({ events }: Attempt): string {
  const losses = events.flatMap((event) =>
    event.event === 'progress' && event.metrics['train_loss'] !== undefined
      ? [event.metrics['train_loss']]
      : [],
  );
  const [first, last] = [losses[0], losses.at(-1)];
  if (first === undefined || last === undefined || losses.length < 2)
    throw new BrokenPromise(`its progress has ${losses.length} values of train_loss; two show that it falls`);
  const words = `train_loss went from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  if (!(last <= (1 - leastFall) * first))
    throw new BrokenPromise(`${words}; it must fall by a tenth at least`);
  return words;
}

async function accuracyOnUnseen({ data, signal }: CheckBench, { modelFile }: TrainerResult): Promise<number> {
  const runner = new LocalModelRunner({ threads: 1 });
  try {
    const model = await runner.load(modelFile.slice(0, modelFile.lastIndexOf('/')));
    const items = await Promise.all(
      data.unseen.map(async ({ id, file }) => ({ id, bytes: await readFile(file) })),
    );
    const answers = await model.classify(items, signal);
    const right = answers.filter((answer, index) => {
      if ('unreadable' in answer) return false;
      const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
      const labels = data.unseen[index]?.labels;
      return labels && 'class' in labels && sampleClasses[best] === labels.class;
    });
    return right.length / answers.length;
  } finally {
    await runner.close();
  }
}
