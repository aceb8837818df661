import type { LoopState, Phase } from '../core/loop-state.ts';
import type { ReviewProgress } from '../core/ports.ts';
import type { LoopStatus } from './messages.ts';

/**
 * One run of the loop, from start or continue-as-new to the next: the state that it carries on, and beside it what the next run finds out for
 * itself. The steps read and change it; so do people's commands, between any two of their awaits.
 */
export interface LoopRun {
  readonly state: LoopState;
  /** In ms since 1970. */
  readonly startTimeMs: number;
  readonly wishes: Wishes;
  phase: Phase;
  /** When the phase was entered, in ms since 1970. */
  sinceMs: number;
  /** Shards done and planned, while inferring. */
  inference: LoopStatus['inference'];
  /** Of `state.reviews`, in their order, as last read; empty before. */
  progress: readonly ReviewProgress[];
  /** Label Studio has told of news since the reviews were last read. */
  hasNews: boolean;
  /** What was decided after the newest measurement, rule by rule. */
  decision: string | null;
  /** The best metric that the search attributes tell. */
  toldBest: number | null;
  /** Why the loop ended, once it has. */
  ended: string | null;
}

/** What people want of the run that is under way. */
export interface Wishes {
  /** Go on with what is answered. */
  closing: boolean;
  /** Who stopped the loop, and why. */
  stopping: string | null;
}

export function newRun(state: LoopState): LoopRun {
  const startTimeMs = Date.now();
  state.startedMs ??= startTimeMs;
  return {
    state,
    startTimeMs,
    wishes: { closing: false, stopping: null },
    phase: 'enrich',
    sinceMs: startTimeMs,
    inference: null,
    progress: [],
    hasNews: false,
    decision: null,
    toldBest: null,
    ended: null,
  };
}
