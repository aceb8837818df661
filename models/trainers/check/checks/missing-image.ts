import { refusal } from '../refusal.ts';
import type { TrainerCheck } from '../trainer-check.ts';

export const missingImage: TrainerCheck = {
  name: 'missing image',
  about: 'refuses a manifest whose image is not there with exit code 65, naming manifest and line',
  run: async (bench) => {
    const job = await bench.jobWithLine('missing image', 3, (line) => ({
      ...line,
      file: `${line.file}.gone`,
    }));
    return refusal(bench, job, 65, 'train.jsonl:3');
  },
};
