import type { z } from 'zod';
import { commonParams } from '../process/common-params.ts';
import { cnnParams } from '../ort-cnn/params.ts';

/** L2 strengths that are tried beside each other. */
export const l2Strengths = [0.0001, 0.001, 0.01, 0.1, 1] as const;

/** The CNN's are taken too, and left alone: which of the two learns is decided training by training. */
export const headParams = cnnParams.extend({
  steps: commonParams.steps.default(300),
  batch: commonParams.batch.default(512),
  lr: commonParams.lr.default(0.02),
  patience: commonParams.patience.unwrap().default(10),
});

export type HeadParams = z.infer<typeof headParams>;

/** One when it is given, else all that are tried. */
export function strengthsOf({ l2 }: HeadParams): readonly number[] {
  return l2 === undefined ? l2Strengths : [l2];
}
