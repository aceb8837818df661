import type { TrainModelInput } from '../../activities/train-model.ts';
import { rootUrl, scheme } from './annotated-world.ts';
import { loopSpec } from './loop-specs.ts';

/** Of the first training in an `AnnotatedWorld`. */
export const trainingInput: TrainModelInput = {
  workflowId: 'wf',
  loop: 'glyphs',
  cycle: 1,
  repo: 'team/pets',
  datasource: { id: '1', name: 'glyphs', rootUrl },
  scheme,
  seed: 1,
  training: loopSpec().training,
  startTimeMs: 1_700_000_000_000,
};
