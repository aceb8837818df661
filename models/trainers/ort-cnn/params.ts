import { z } from 'zod';
import { TrainerExit } from './trainer-exit.ts';

const schema = z.strictObject({
  /** Channels of the first convolution. */
  width: z.int().min(1).max(256).default(16),
  steps: z.int().min(1).max(1_000_000).default(200),
  batch: z.int().min(1).max(1024).default(32),
  /** Learning rate at the start; it falls to 0 along a cosine. */
  lr: z.number().positive().default(0.002),
  weightDecay: z.number().min(0).max(1).default(0.01),
  /** Random shifts by up to an eighth of the side. Off by default: on tiny images it takes away more than it gives. */
  augment: z.boolean().default(false),
  /** Steps between two looks at the validation set; absent: once a pass through the training set, but not within 10 steps. */
  evalEverySteps: z.int().min(1).optional(),
  checkpointEverySeconds: z.number().min(0).default(5),
});

export type TrainingParams = z.infer<typeof schema>;

/** @throws TrainerExit 78 for an unknown parameter or a bad value. */
export function trainingParams(params: unknown): TrainingParams {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join('.');
  throw new TrainerExit('parameter', `Bad parameter${place ? ` ${place}` : ''}: ${issue?.message ?? ''}`);
}
