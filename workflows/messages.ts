import type { UpdateDefinition } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EnrichedImages } from '../core/enriched-images.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { CycleSummary, Decision, Phase } from '../core/loop-state.ts';
import type { LoopScoreName } from '../core/scores/score-names.ts';
import type { StrategyName } from '../core/selection/strategy-names.ts';

/** Who commands, why, and the id by which a repeated command is known. */
export interface Command {
  /** Chosen by the sender; a command with a known id is answered and not carried out again. */
  readonly commandId: string;
  readonly by: string;
  readonly why: string;
}

export interface ChangeBudget extends Command {
  /** Training labels to buy at most, from now on. */
  readonly labels?: number;
  /** Batches to select at most. */
  readonly cycles?: number;
}

export interface ChangeSelection extends Command {
  readonly score?: LoopScoreName;
  readonly strategy?: StrategyName;
  /** Of the strategy two-stage. */
  readonly beta?: number;
  readonly nearDuplicates?: number;
  readonly maxImages?: number;
  readonly maxScore?: number;
  readonly randomShare?: number;
}

export interface ChangeStop extends Command {
  /** Rules as in `loop.yaml`; null takes one away. The others stay. */
  readonly stop: { readonly [Rule in keyof LoopSpec['stop']]?: LoopSpec['stop'][Rule] | null };
}

/** Of images, by their paths. */
export interface SteerImages extends Command {
  readonly paths: readonly string[];
}

export interface ReviewStatus {
  readonly title: string;
  readonly url: string;
  readonly tasks: number;
  readonly answered: number;
  readonly skipped: number;
  /** Tasks that wait for further people, whose answers differ, and that the adjudicator decides; absent: none. */
  readonly begun?: number;
  readonly disputed?: number;
  readonly undecided?: number;
  /** Since when the oldest task that nobody has answered or skipped waits, in ms since 1970; absent: there is none, or nobody has looked. */
  readonly openSinceMs?: number;
}

/** What `labelloop status` shows. */
export interface LoopStatus {
  readonly loop: string;
  readonly phase: Phase;
  readonly cycle: number;
  readonly paused: boolean;
  /** Null until they have been looked through. */
  readonly images: EnrichedImages | null;
  /** Shards done and planned, while inferring. */
  readonly inference: {
    readonly shardsDone: number;
    readonly shards: number;
    readonly images: number;
    /** Images that were set aside so far. */
    readonly unreadable: number;
  } | null;
  readonly reviews: readonly ReviewStatus[];
  /** Why answers could not be taken when they were last collected, of the first few. */
  readonly refused: readonly string[];
  /** Cycles whose models learnt from labels that were corrected or deleted since, as the last collection found. */
  readonly stale: readonly number[];
  /** What people made of the suggestions of the newest batch that was collected, in a sentence; absent where nobody wants to know. */
  readonly suggestions?: string;
  /** What people's answers took and cost, as far as they are collected, in a sentence; absent where it is not counted. */
  readonly cost?: string;
  /** The newest measured cycle. */
  readonly latest: CycleSummary | null;
  /** What was decided after the newest measurement, rule by rule; null until this run has measured. */
  readonly decision: string | null;
  /** Since when the phase is what it is, in ms since 1970. */
  readonly sinceMs: number;
  /** Tasks of this cycle that are answered or skipped, and how many are enough; while people are waited for. */
  readonly settled: { readonly settled: number; readonly needed: number } | null;
  /** The wait for people ends then at the latest, in ms since 1970; null: it does not end by itself. */
  readonly deadlineMs: number | null;
  /** Who paused it, and why; null where it is not paused, or the rules paused it. */
  readonly pausedBy: Pick<Decision, 'at' | 'by' | 'why'> | null;
  /** Wishes about images and the batch's size that wait for the end of a step; absent without. */
  readonly wishes?: readonly string[];
  /** What became of the last one; absent without. */
  readonly steered?: string;
  /** Why the loop ended, once it has. */
  readonly ended: string | null;
}

/** Label Studio has news. No payload: the loop reads for itself. */
export const annotationsChangedSignal = defineSignal('annotationsChanged');

/** An update that answers with the loop's status after it was accepted. */
export function commandUpdate<C extends Command>(name: string): UpdateDefinition<LoopStatus, [C]> {
  return defineUpdate<LoopStatus, [C]>(name);
}

export const closeReviewUpdate = commandUpdate<Command>('closeReview');
export const pauseUpdate = commandUpdate<Command>('pause');
export const resumeUpdate = commandUpdate<Command>('resume');
export const stopUpdate = commandUpdate<Command>('stop');
export const changeBudgetUpdate = commandUpdate<ChangeBudget>('changeBudget');
export const changeStopUpdate = commandUpdate<ChangeStop>('changeStop');
export const excludeDatapointUpdate = commandUpdate<SteerImages>('excludeDatapoint');
export const withdrawTaskUpdate = commandUpdate<SteerImages>('withdrawTask');
export const changeSelectionUpdate = commandUpdate<ChangeSelection>('changeSelection');

export const loopStatusQuery = defineQuery<LoopStatus>('loopStatus');
export const cycleHistoryQuery = defineQuery<readonly CycleSummary[]>('cycleHistory');
