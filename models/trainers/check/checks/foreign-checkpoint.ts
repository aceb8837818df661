import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

/** The checkpoint of a job with another seed, and so another `run_key`. */
export const foreignCheckpoint: TrainerCheck = {
  name: 'foreign checkpoint',
  about: 'ignores the checkpoint of another job with a warning, and begins anew',
  run: async (bench) => {
    const other = await bench.job('checkpoint of another', { seed: 2 });
    const stopped = await bench.startToMiddle(other);
    stopped.stop();
    if ((await stopped.ended).done)
      throw new NotShown('it was done before it could be stopped: make it longer');
    bench.expectCheckpoint(other, stopped);

    const job = await bench.job('foreign checkpoint', { seed: 3 });
    await cp(join(other.dir, other.job.checkpoint_dir), join(job.dir, job.job.checkpoint_dir), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const attempt = bench.start(job);
    await attempt.result();
    const step = attempt.first('start')?.resumed_from ?? null;
    if (step !== null) throw new BrokenPromise(`it went on from step ${step} of another training`);
    const warning = attempt.first('warning');
    if (!warning) throw new BrokenPromise('it began anew, but no event "warning" says why');
    return warning.message;
  },
};
