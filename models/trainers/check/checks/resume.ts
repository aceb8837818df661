import type { CheckBench, CheckJob } from '../check-bench.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

/** Goes on with the training that {@link cancel} stopped. */
export const resume: TrainerCheck = {
  name: 'resume',
  about: 'goes on from its checkpoint to the end',
  run: async (bench) => {
    if (!bench.stopped) throw new NotShown('needs a training that was stopped in the middle');
    return finish(bench, bench.stopped);
  },
};

/** Runs an interrupted job to its end, and answers from where, and whether the model is that of the uninterrupted one. */
export async function finish(bench: CheckBench, job: CheckJob): Promise<string> {
  const attempt = bench.start(job);
  const { card } = await attempt.result();
  const step = attempt.first('start')?.resumed_from ?? null;
  if (step === null || step <= 0) throw new BrokenPromise('it began anew instead of at its checkpoint');
  const isSame = card.sha256 === bench.learnt.result.card.sha256;
  return `from step ${step}; the model is ${isSame ? 'byte for byte' : 'not byte for byte'} that of an uninterrupted training`;
}
