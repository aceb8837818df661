import { describeEnd } from '../check-bench.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** Shorter than any training, so that it is over at the first look. */
const maxSeconds = 0.05;

export const timeLimit: TrainerCheck = {
  name: 'time limit',
  about: 'stops by itself after max_seconds, with exit code 75 and without a model',
  run: async (bench) => {
    const job = await bench.job('time limit', { maxSeconds });
    const attempt = bench.start(job);
    const end = await attempt.ended;
    if (end.code !== 75) throw new BrokenPromise(`${describeEnd(end)}; exit code 75 is asked for`);
    bench.expectNoModel(job);
    return describeEnd(end);
  },
};
