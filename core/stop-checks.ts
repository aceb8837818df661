import type { LoopSpec } from './loop-spec.ts';
import type { Measured } from './metrics/measured.ts';
import { signed } from './signed.ts';

/** What the rules that end a loop look at, after a model was measured. */
export interface StopFacts {
  /** The cycle whose model was measured, from 1. */
  readonly cycle: number;
  /** Labels that it learnt from. */
  readonly trainLabels: number;
  /** Of the hold-out. */
  readonly metric: Measured;
  /** How much better the model is than the one `stop.plateau.cycles` before, on the same images; absent while there is none. */
  readonly gain?: Gain | undefined;
  /** Agreement of each model with the one before it, oldest first. */
  readonly kappas: readonly number[];
  /** Mean entropy of the model's answers to the stop set, 0..1. */
  readonly entropy?: number | undefined;
  /** Since the loop started. */
  readonly hours: number;
  /** Ms since 1970. */
  readonly nowMs: number;
}

export interface Gain {
  readonly value: number;
  /** What it is not above with 95 % confidence. */
  readonly atMost: number;
}

/** One rule's view, with its numbers. */
export interface StopCheck {
  readonly rule: 'metric' | 'plateau' | 'agreement' | 'entropy' | 'labels' | 'hours' | 'date' | 'cycles';
  readonly isMet: boolean;
  /** A sentence without a full stop. */
  readonly text: string;
}

/** What each rule of `stop` says: first those that ask whether the model is done, then the budgets. */
export function stopChecks(
  stop: LoopSpec['stop'],
  facts: StopFacts,
): { done: StopCheck[]; spent: StopCheck[] } {
  return { done: doneChecks(stop, facts), spent: spentChecks(stop, facts) };
}

function doneChecks(stop: LoopSpec['stop'], facts: StopFacts): StopCheck[] {
  const { metric, gain, kappas, entropy } = facts;
  const checks: StopCheck[] = [];
  if (stop.metric !== undefined)
    checks.push({
      rule: 'metric',
      isMet: metric.low >= stop.metric,
      text: `${metric.name} is at least ${metric.low.toFixed(3)} with 95 % confidence (target ${stop.metric})`,
    });
  if (stop.plateau) {
    const { cycles, gain: least } = stop.plateau;
    checks.push({
      rule: 'plateau',
      isMet: gain !== undefined && gain.atMost < least,
      text: gain
        ? `the last ${cycles} cycles gained ${signed(gain.value)}, at most ${signed(gain.atMost)} with 95 % confidence (a plateau is less than ${least})`
        : `there is no model of ${cycles} cycles before to compare with`,
    });
  }
  if (stop.agreement) {
    const { cycles, kappa } = stop.agreement;
    const last = kappas.slice(-cycles);
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
    checks.push({
      rule: 'agreement',
      isMet: last.length === cycles && mean >= kappa,
      text:
        last.length === cycles
          ? `the last ${cycles} models agree each with the one before by κ ${mean.toFixed(3)} on average (target ${kappa})`
          : `${last.length} of ${cycles} agreements with the model before are known`,
    });
  }
  if (stop.entropy !== undefined)
    checks.push({
      rule: 'entropy',
      isMet: entropy !== undefined && entropy <= stop.entropy,
      text: `the mean entropy of the stop set is ${entropy?.toFixed(3) ?? 'not known'} (target ${stop.entropy} or less)`,
    });
  return checks;
}

function spentChecks(stop: LoopSpec['stop'], facts: StopFacts): StopCheck[] {
  const { cycle, trainLabels, hours, nowMs } = facts;
  const checks: StopCheck[] = [];
  if (stop.labels !== undefined) {
    const isMet = trainLabels >= stop.labels;
    checks.push({
      rule: 'labels',
      isMet,
      text: `the budget of ${stop.labels} labels is ${isMet ? '' : 'not '}spent (${trainLabels})`,
    });
  }
  if (stop.hours !== undefined)
    checks.push({
      rule: 'hours',
      isMet: hours >= stop.hours,
      text: `the loop has run for ${Math.floor(hours)} of ${stop.hours} hours`,
    });
  if (stop.date !== undefined) {
    const isMet = nowMs >= Date.parse(stop.date);
    checks.push({ rule: 'date', isMet, text: `it is ${isMet ? '' : 'not yet '}${stop.date}` });
  }
  const isMet = cycle > stop.cycles;
  checks.push({
    rule: 'cycles',
    isMet,
    text: isMet ? `all ${stop.cycles} cycles are done` : `it is cycle ${cycle} of ${stop.cycles}`,
  });
  return checks;
}
