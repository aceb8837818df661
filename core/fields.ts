import type { ValueType } from './datapoints.ts';

/** The metadata fields that a loop owns in its datasource. Names of the first four are the recipe's. */
export const fields = {
  split: { name: 'split', valueType: 'STRING', tags: [] },
  annotation: { name: 'annotation', valueType: 'BLOB', tags: ['annotation'] },
  prediction: { name: 'prediction', valueType: 'BLOB', tags: [] },
  /** 0..1, lowest is asked first: `1 − informativeness`. */
  predScore: { name: 'pred_score', valueType: 'FLOAT', tags: [] },
  /** MLflow run id of the model that made `prediction` and `pred_score`. */
  predRun: { name: 'pred_run', valueType: 'STRING', tags: [] },
  /** Why the model could not score the image: `<run id>: <reason>`. */
  predError: { name: 'pred_error', valueType: 'STRING', tags: [] },
  /** MLflow run whose artifacts hold the image's feature vector by that run's model. */
  embeddingRun: { name: 'embedding_run', valueType: 'STRING', tags: [] },
  /** Objects that the model found; 0 is asked by the policy for images without any. Absent where it names classes. */
  predBoxes: { name: 'pred_boxes', valueType: 'INTEGER', tags: [] },
  /** How wrong `prediction` was by the first answer after it, 0 (right) to 1; absent where there was no prediction to ask about. */
  predLoss: { name: 'pred_loss', valueType: 'FLOAT', tags: [] },
  /** Of the hold-out's images: 16×16 grey levels, in base64. */
  thumbnail: { name: 'thumbnail', valueType: 'STRING', tags: [] },
  /** Path of the hold-out's image that this one is a near copy of; it is neither asked nor learnt from. */
  nearHoldOut: { name: 'near_hold_out', valueType: 'STRING', tags: [] },
  /** The cycle that asks it; {@link backInPool}: it was asked, and may be again. */
  selectedInCycle: { name: 'selected_in_cycle', valueType: 'INTEGER', tags: [] },
  /** A {@link Purpose}. */
  selectedAs: { name: 'selected_as', valueType: 'STRING', tags: [] },
  /** People answer it without seeing the model's prediction, so that answers that saw theirs can be held against it. */
  askedBlind: { name: 'asked_blind', valueType: 'BOOLEAN', tags: [] },
  /** 0 is asked first. */
  selectedRank: { name: 'selected_rank', valueType: 'INTEGER', tags: [] },
  /** Of the images of its batch that look alike, the one with the best rank: itself, maybe. Absent where no feature vectors were compared. */
  selectedCluster: { name: 'selected_cluster', valueType: 'STRING', tags: [] },
  /**
   * `<project>/<annotation>@<updated_at>` in Label Studio, or `import/<file>`: which answer `annotation` holds. Of what several people said together
   * it names all, the newest first: `<project>/<annotation>@<updated_at>,<annotation>@<updated_at>`. What others wrote into the Data Engine and the
   * loop took over: `data-engine/<person>@<time>`.
   */
  annotationSource: { name: 'annotation_source', valueType: 'STRING', tags: [] },
  /** What became of it in earlier cycles that asked it: see `core/asked-before.ts`. */
  askedBefore: { name: 'asked_before', valueType: 'STRING', tags: [] },
  /** The class that models which have not seen its label took it for when somebody else was asked: decides where people are divided evenly. */
  unseenClass: { name: 'unseen_class', valueType: 'STRING', tags: [] },
  /** Why it is never asked again, and who said so. */
  excluded: { name: 'excluded', valueType: 'STRING', tags: [] },
  annotatedInCycle: { name: 'annotated_in_cycle', valueType: 'INTEGER', tags: [] },
  /** All that happened to the datapoint in reviews, a line of JSON each; see {@link Ledger}. Without a tag, so that a client that loads all loads it not. */
  ledger: { name: 'ledger', valueType: 'BLOB', tags: [] },
} as const satisfies Record<string, { name: string; valueType: ValueType; tags: readonly string[] }>;

/** Why a datapoint was sent to people. Hold-out and validation are drawn at random before any selection. */
export type Purpose = (typeof purposes)[number];
/** `again`: it was skipped once. `second-opinion`: somebody else has answered it in an earlier cycle. */
export const purposes = [
  'hold-out',
  'validation',
  'first',
  'score',
  'empty',
  'random',
  'again',
  'second-opinion',
] as const;
/** Whether what was sent for it may go back to the pool; hold-out and validation stay as they were drawn. */
export function isOfPool(purpose: unknown): boolean {
  return purpose !== 'hold-out' && purpose !== 'validation';
}
/** `selected_in_cycle` of what was withdrawn or skipped; what was never asked has none. */
export const backInPool = -1;
export const splits = ['train', 'valid', 'test'] as const;
export type Split = (typeof splits)[number];
