import type { ManifestLine } from '../../job.ts';
import { refusal } from '../refusal.ts';
import type { TrainerCheck } from '../trainer-check.ts';

const unknown = 'nobody';

export const badClass: TrainerCheck = {
  name: 'bad class',
  about: 'refuses a label that is no class of the job with exit code 65, naming manifest and line',
  run: async (bench) => {
    const job = await bench.jobWithLine('bad class', 2, (line) => ({
      ...line,
      labels: relabelled(line.labels),
    }));
    return refusal(bench, job, 65, 'train.jsonl:2');
  },
};

function relabelled(labels: ManifestLine['labels']): ManifestLine['labels'] {
  if ('class' in labels) return { class: unknown };
  if ('boxes' in labels) return { boxes: labels.boxes.map((box) => ({ ...box, label: unknown })) };
  return { masks: labels.masks.map((mask) => ({ ...mask, label: unknown })) };
}
