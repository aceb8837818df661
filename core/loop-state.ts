import type { ArmGain } from './arm-gain.ts';
import type { EnrichedImages } from './enriched-images.ts';
import type { Measured } from './metrics/measured.ts';
import type { LoopSpec } from './loop-spec.ts';
import type { Purpose } from './fields.ts';
import type { PeopleWork } from './pre-annotation/work-cost.ts';
import type { Gain } from './stop-checks.ts';

/** Where a loop stands. The order is that of a cycle. */
export type Phase =
  | 'enrich'
  | 'train'
  | 'evaluate'
  | 'infer'
  | 'select'
  | 'open review'
  | 'wait for annotations'
  | 'collect'
  | 'paused'
  | 'stopped'
  | 'done';

/** A Label Studio project with tasks that somebody may still answer. */
export interface OpenReview {
  readonly projectId: number;
  readonly url: string;
  readonly title: string;
  readonly cycle: number;
  readonly purposes: readonly Purpose[];
  readonly tasks: number;
  /** What its answers took when they were last collected; absent where it is not counted. */
  readonly work?: PeopleWork;
}

/** What one cycle gave; a row of the learning curve. */
export interface CycleSummary {
  readonly cycle: number;
  /** Annotated datapoints of the train split when this cycle's model was trained. */
  readonly trainLabels: number;
  /** MLflow's, in the newest row, and where the model has no version; every row is in two events of each run. */
  readonly runId?: string;
  /** Page of the run, in the newest row only. */
  readonly runUrl?: string;
  readonly modelVersion: string | null;
  /** What the loop is judged by. */
  readonly metric: Measured;
  /** Further metrics of the hold-out by name, 0..1. */
  readonly others: Readonly<Record<string, number>>;
  /** Images of the hold-out the metric is over. */
  readonly holdOut: number;
  /** Datapoints asked in this cycle; 0 in the last. */
  readonly selected: number;
  /** Those of them that somebody else has answered; absent for none. */
  readonly secondOpinions?: number | undefined;
  /** Images without a number, of the hold-out and of the pool. */
  readonly unreadable: number;
  /** The first few of them in the pool with their reasons, in this run's row only; all are in the Data Engine's `pred_error`. */
  readonly setAside?: readonly string[];
  /** Agreement with the model of the cycle before on the stop set, where the loop may end by it. */
  readonly kappa?: number | undefined;
  /** Mean entropy of the stop set, the gain since `stop.plateau.cycles` before, and that over the random arm: in this run's row only, MLflow has them for all. */
  readonly entropy?: number | undefined;
  readonly gain?: Gain | undefined;
  readonly arm?: ArmGain | undefined;
  /** The cycle whose model was the champion after this one; null: a model of no cycle, which a person made it. */
  readonly champion: number | null;
  /** Why, in this run's row only; MLflow has it for all. */
  readonly championReason?: string;
}

/** Images that a person takes out of the review, or out of the loop: a wish that waits for the end of a step. */
export interface Steering {
  readonly command: 'exclude' | 'withdraw';
  readonly paths: readonly string[];
  readonly by: string;
  readonly why: string;
}

/** A person's command, for the audit. */
export interface Decision {
  readonly at: string;
  readonly command: string;
  readonly by: string;
  readonly why: string;
}

/**
 * All that a loop carries from run to run: plain JSON, small, no list of images. It is the workflow's only argument.
 */
export interface LoopState {
  readonly spec: LoopSpec;
  /** 0 asks hold-out, validation and the first batch; from 1 on a model is trained. */
  cycle: number;
  paused: boolean;
  /** When the loop began, in ms since 1970. */
  startedMs?: number;
  datasource?: { id: string; rootUrl: string };
  /** As the newest cycle found them. */
  images?: EnrichedImages;
  /** Reviews with unanswered tasks; late answers are collected too. */
  reviews: OpenReview[];
  /** What the answers of the reviews that were left behind took; absent where it is not counted. */
  work?: PeopleWork;
  /** What people made of the newest batch's suggestions, in a sentence; absent where nobody wants to know. */
  suggestions?: string;
  /** Answers beyond the first of each datapoint, where selection asks for second opinions: labels of the budget; absent for none. */
  furtherLabels?: number;
  /** Why answers could not be taken when they were last collected, of the first few; absent without. */
  refused?: readonly string[];
  /** Cycles whose models learnt from labels that were others when they were last collected; absent without. */
  stale?: readonly number[];
  /** The run continued in the middle of waiting: its review is open, and this is when it opened (ms since 1970). */
  waitingSinceMs?: number;
  /** Wishes to be carried out, oldest first; absent without. */
  steering?: Steering[];
  /** Who changed the size of the batch that people are asked, and why; absent once it has that size. */
  resize?: { by: string; why: string };
  /** Since when a waiting loop has seen no new answer (ms since 1970), and how often it has reminded; only where it shall. */
  quiet?: { settled: number; sinceMs: number; reminders: number };
  /** What became of the last wish, in a sentence. */
  steered?: string;
  history: CycleSummary[];
  decisions: Decision[];
  /** Ids of commands already carried out, newest last. */
  commandIds: string[];
  /** History events after which a waiting loop starts a fresh run. Default 2000. */
  eventsPerRun?: number;
}

/** What a bounded list in the state keeps. */
export const keptEntries = 50;

export function firstState(spec: LoopSpec): LoopState {
  return { spec, cycle: 0, paused: false, reviews: [], history: [], decisions: [], commandIds: [] };
}
