import { z } from 'zod';
import { commonParams } from '../process/common-params.ts';

export const cnnParams = z.strictObject({
  ...commonParams,
  /** Channels of the first convolution. */
  width: z.int().min(1).max(256).default(16),
  steps: commonParams.steps.default(200),
  batch: commonParams.batch.default(32),
  lr: commonParams.lr.default(0.002),
  /** Random shifts by up to an eighth of the side. Off by default: on tiny images it takes away more than it gives. */
  augment: z.boolean().default(false),
  /** For the head that is learnt instead where there is a backbone: the L2 strength; absent: the one with the least validation loss. */
  l2: z.number().min(0).optional(),
});

export type CnnParams = z.infer<typeof cnnParams>;
