import { describeEnd } from '../check-bench.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

/** SIGTERM in the middle. */
export const cancel: TrainerCheck = {
  name: 'cancel',
  about: 'leaves on SIGTERM with exit code 143 and a checkpoint, without a model',
  run: async (bench) => {
    const job = await bench.job('cancel');
    const attempt = await bench.startToMiddle(job);
    const asked = performance.now();
    attempt.stop();
    const end = await attempt.ended;
    const seconds = ((performance.now() - asked) / 1000).toFixed(1);
    if (end.done) throw new NotShown('it was done before it could be stopped: make it longer by --param');
    if (end.code !== 143) throw new BrokenPromise(`${describeEnd(end)}; 143 is asked for`);
    const step = bench.expectCheckpoint(job, attempt);
    bench.expectNoModel(job);
    bench.stopped = job;
    return `gone after ${seconds} s, checkpoint of step ${step}`;
  },
};
