import { describeEnd } from '../check-bench.ts';
import { openSmallDisk } from '../small-disk.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** Another attempt can succeed once somebody has made room. */
const retryableCodes = [70, 71, 75];

export const diskFull: TrainerCheck = {
  name: 'disk full',
  about: 'ends on a full disk with an exit code that is retried, without a model',
  run: async (bench) => {
    bench.expectLearnt();
    const job = await bench.job('disk full');
    const disk = await openSmallDisk(job.dir);
    try {
      await bench.rewrite(job, { out_dir: `${disk.name}/out`, checkpoint_dir: `${disk.name}/ckpt` });
      const attempt = bench.start(job, { command: [...disk.prefix, ...bench.options.command] });
      const end = await attempt.ended;
      if (end.done) throw new BrokenPromise(`it says "done" on a full disk (${disk.how})`);
      if (end.code !== null && !retryableCodes.includes(end.code))
        throw new BrokenPromise(`${describeEnd(end)}; 75 is asked for (${disk.how})`);
      bench.expectNoModel({ ...job, job: { ...job.job, out_dir: `${disk.name}/out` } });
      return `${disk.how}: ${describeEnd(end)}`;
    } finally {
      await disk.close();
    }
  },
};
