import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, processesOf } from '../alive.ts';
import type { CheckBench } from '../check-bench.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** The last check: after every training above, however it ended. */
export const nobodyLeft: TrainerCheck = {
  name: 'nobody left',
  about: 'leaves no process behind, in its group or out of it',
  run: async (bench) => {
    await bench.tidy();
    for (let tries = 0; ; tries++) {
      const left = stillThere(bench);
      if (left.length === 0) return `${bench.groups.length} trainings, no process left`;
      if (tries === 100) throw new BrokenPromise(`still running: process ${left.join(', ')}`);
      await delay(50);
    }
  },
};

function stillThere({ dir, groups }: CheckBench): number[] {
  return process.platform === 'linux' ? processesOf(dir) : groups.filter(isAlive);
}
