import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../alive.ts';
import { signalGroup } from '../signal-group.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** A trainer that hangs: stopped by SIGSTOP, it answers nothing any more, SIGTERM neither. */
export const silence: TrainerCheck = {
  name: 'silence',
  about: 'is stopped by the host when it hangs',
  run: async (bench) => {
    const { times } = bench.learnt.attempt;
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
    // What was silent for three times its longest silence hangs.
    const stallMs = Math.round(Math.max(1000, 3 * Math.max(...gaps)));
    const attempt = await bench.startToMiddle(await bench.job('silence'), { stallMs, graceMs: 300 });
    signalGroup(attempt, 'SIGSTOP');
    const end = await attempt.ended;
    if (end.stopped !== 'silent') throw new BrokenPromise('the host did not notice that it hangs');
    for (let tries = 0; isAlive(attempt.pid); tries++) {
      if (tries === 100) throw new BrokenPromise('it outlived the SIGKILL of its host');
      await delay(20);
    }
    return `stopped by SIGSTOP, killed by the host after ${(stallMs / 1000).toFixed(1)} s of silence`;
  },
};
