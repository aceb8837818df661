import type { LabelScheme } from '../core/answers/answers.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { Truth } from '../core/truth.ts';

/** Images that the demo runs on, and the two loops that learn them side by side. */
export interface DemoSet {
  /** For people, after a number: `handwritten digits`. */
  readonly title: string;
  /** Names its folder. */
  readonly name: string;
  /** Where the images lie, as the Data Engine sees them. */
  readonly rootUrl: string;
  readonly scheme: LabelScheme;
  /** Both with the same seed, so that they differ in what they ask alone. */
  arms(options: { seed: number; cycles: number }): readonly DemoArm[];
  /**
   * Writes the images into `images/` of the target, unless an earlier call has; answers what is on each, by file name: what the simulated
   * annotator knows, and nobody else.
   *
   * @param python - A Python environment that holds scikit-learn.
   */
  write(target: string, options: { seed: number; python: string }): Promise<ReadonlyMap<string, Truth>>;
}

export interface DemoArm {
  /** For people: `margin`. */
  readonly name: string;
  readonly spec: LoopSpec;
}
