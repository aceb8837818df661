import { describeEnd } from '../check-bench.ts';
import { signalGroup } from '../signal-group.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

export const twoAtOnce: TrainerCheck = {
  name: 'two at once',
  about: 'leaves the folder to the attempt that has it, with exit code 75',
  run: async (bench) => {
    const job = await bench.job('two at once');
    const one = await bench.startToMiddle(job);
    // It holds still, so that it cannot be done before the second has looked; it lives all the same.
    signalGroup(one, 'SIGSTOP');
    const end = await bench.start(job).ended;
    signalGroup(one, 'SIGCONT');
    one.stop();
    const last = await one.ended;
    if (last.done) throw new NotShown('the first was done before the second could meet it: make it longer');
    if (end.code !== 75) throw new BrokenPromise(`the second does not give way: ${describeEnd(end)}`);
    if (last.code !== 143)
      throw new BrokenPromise(`the first was disturbed by the second: ${describeEnd(last)}`);
    return `the second left with exit code 75: ${end.error?.message ?? ''}`;
  },
};
