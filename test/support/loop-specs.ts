import type { z } from 'zod';
import { loopSpecSchema, type LoopSpec } from '../../core/loop-spec.ts';

/** Of a review: no poll comes within a test, so that what wakes the loop is the test's doing. */
export const anHour = { pollSeconds: 3600, minReadSeconds: 0 };

/** A small loop with short waits; every key may be replaced. */
export function loopSpec(changes: Partial<z.input<typeof loopSpecSchema>> = {}): LoopSpec {
  return loopSpecSchema.parse({
    loop: 'glyphs',
    repo: 'team/images',
    datasource: { path: 's3://bucket/images' },
    task: 'classification',
    classes: ['cat', 'dog'],
    review: { pollSeconds: 1, minReadSeconds: 0 },
    ...changes,
  });
}
