import type { DemoSet } from './demo-set.ts';
import { digitsSet } from './digits-set.ts';
import { scenesSet } from './scenes-set.ts';

/** What the demo can show, by the word for its task. */
export const demoSets = {
  classify: digitsSet,
  detect: scenesSet('detection', 'scenes'),
  segment: scenesSet('segmentation', 'outlines'),
} as const satisfies Record<string, DemoSet>;

export type DemoTask = keyof typeof demoSets;
