import { describeEnd } from '../check-bench.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

export const nanLoss: TrainerCheck = {
  name: 'NaN loss',
  about: 'ends with exit code 70 and says so, without a model, when the loss is no number any more',
  run: async (bench) => {
    bench.expectLearnt();
    const { nanParams, params } = bench.options;
    if (!nanParams) throw new NotShown('give parameters that break it by --nan-param, such as lr=1e30');
    const job = await bench.job('NaN loss', { params: { ...params, ...nanParams } });
    const end = await bench.start(job).ended;
    if (end.code !== 70) throw new BrokenPromise(`${describeEnd(end)}; exit code 70 is asked for`);
    if (!/\bnan\b|\binf|finite|number/i.test(end.error?.message ?? ''))
      throw new BrokenPromise(`${describeEnd(end)}; a loss that is no number is not named`);
    bench.expectNoModel(job);
    return describeEnd(end);
  },
};
