import { dirname } from 'node:path';
import { repeatSelfTest } from '../../../local-trainer.ts';
import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** The model folder: what {@link learns} has passed already is its schema, its hash, its task and its classes. */
export const model: TrainerCheck = {
  name: 'model',
  about: "its card is of al-model/1 and of this job, and this machine's runner repeats its self-test",
  run: async ({ learnt, signal }) => {
    const { job, result } = learnt;
    const { card } = result;
    for (const [name, said, asked] of [
      ['run_key', card.run_key, job.job.run_key],
      ['seed', card.seed, job.job.seed],
      ['data.train_sha256', card.data.train_sha256, job.job.train.sha256],
      ['data.valid_sha256', card.data.valid_sha256, job.job.valid.sha256],
    ] as const)
      if (said !== asked)
        throw new BrokenPromise(`its card says ${name} ${said ?? 'nothing'}, the job ${asked}`);
    const modelDir = dirname(result.modelFile);
    await repeatSelfTest(job.dir, modelDir, card, signal);
    return `${card.output.kind}, opset ${card.opset}; self-test repeated within ${card.selftest?.tolerance ?? 0}`;
  },
};
