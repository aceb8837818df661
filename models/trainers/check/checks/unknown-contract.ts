import { refusal } from '../refusal.ts';
import type { TrainerCheck } from '../trainer-check.ts';

export const unknownContract: TrainerCheck = {
  name: 'unknown contract',
  about: 'refuses a job of another contract with exit code 64',
  run: async (bench) => {
    const job = await bench.job('unknown contract');
    await bench.rewrite(job, { contract: 'al-train/99' });
    return refusal(bench, job, 64, 'al-train/99');
  },
};
