import { signalGroup } from '../signal-group.ts';
import { NotShown, type TrainerCheck } from '../trainer-check.ts';
import { finish } from './resume.ts';

/** SIGKILL as soon as there is a checkpoint. */
export const killed: TrainerCheck = {
  name: 'kill -9',
  about: 'goes on from its last checkpoint after it was killed',
  run: async (bench) => {
    const job = await bench.job('killed');
    const attempt = bench.start(job);
    const hasSaved = await attempt.until(({ event }) => event === 'checkpoint');
    if (!hasSaved) {
      if ((await attempt.ended).done)
        throw new NotShown(
          'it was done before its first checkpoint: make it longer, or let it save more often',
        );
      await bench.tooShort(attempt);
    }
    signalGroup(attempt, 'SIGKILL');
    if ((await attempt.ended).done)
      throw new NotShown('it was done before it could be killed: make it longer');
    bench.expectNoModel(job);
    return finish(bench, job);
  },
};
