import { z } from 'zod';

/** Parameters that every built-in trainer takes; each sets its own defaults for those without one. */
export const commonParams = {
  steps: z.int().min(1).max(1_000_000),
  batch: z.int().min(1).max(1024),
  /** Learning rate at the start; it falls to 0 along a cosine. */
  lr: z.number().positive(),
  weightDecay: z.number().min(0).max(1).default(0.01),
  /** Steps between two looks at the validation set; absent: once a pass through the training set, but not within 10 steps. */
  evalEverySteps: z.int().min(1).optional(),
  /** Looks without a better validation loss after which the training ends early; absent: it goes on to its last step. */
  patience: z.int().min(1).optional(),
  checkpointEverySeconds: z.number().min(0).default(5),
};

export type CommonParams = z.infer<z.ZodObject<typeof commonParams>>;
