import { seededRandom } from '../core/seeded-random.ts';

/** What can be hit. */
export type Target = 'worker' | 'temporal' | 'label-studio' | 'mlflow' | 'engine' | 'postgres' | 'webhooks';

/** What can happen, and to whom. */
export const faults = {
  kill: ['worker', 'temporal', 'label-studio', 'mlflow', 'engine', 'postgres'],
  cut: ['temporal', 'label-studio', 'mlflow', 'engine'],
  slow: ['temporal', 'label-studio', 'mlflow', 'engine'],
  'status 500': ['label-studio', 'mlflow', 'engine'],
  'status 429': ['label-studio', 'mlflow', 'engine'],
  truncated: ['label-studio', 'mlflow', 'engine'],
  html: ['label-studio', 'mlflow', 'engine'],
  'disk full': ['worker', 'engine'],
  'clock jump': ['worker'],
  lost: ['webhooks'],
  fivefold: ['webhooks'],
  shuffled: ['webhooks'],
  'a cycle late': ['webhooks'],
  'new version': ['worker'],
} as const satisfies Record<string, readonly Target[]>;

export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults) as Fault[];

/** One thing that goes wrong, and when. */
export interface Moment {
  readonly fault: Fault;
  readonly target: Target;
  /** Calm before it. */
  readonly afterMs: number;
  /** How long it lasts. */
  readonly forMs: number;
  /** 0 to 1: decides what the fault leaves open, as the direction of a clock's jump. */
  readonly turn: number;
}

const longestCalmMs = 4000;
const shortestFaultMs = 500;
const longestFaultMs = 6000;

/**
 * The moments of a seed, in order. Every pair of fault and target comes up once before any comes up again.
 *
 * @param possible - Whether this machine can do it; what it cannot is left out, and the rest stays as it is.
 */
export function planMoments(
  { moments, seed }: { moments: number; seed: number },
  possible: (fault: Fault, target: Target) => boolean = () => true,
): Moment[] {
  const random = seededRandom(seed);
  const pairs = faultNames.flatMap((fault) => faults[fault].map((target) => ({ fault, target })));
  const planned: Moment[] = [];
  if (!pairs.some(({ fault, target }) => possible(fault, target))) return planned;
  while (planned.length < moments) {
    const round = shuffled(pairs, random).map((pair) => ({
      ...pair,
      afterMs: Math.round(random() * longestCalmMs),
      forMs: Math.round(shortestFaultMs + random() * (longestFaultMs - shortestFaultMs)),
      turn: random(),
    }));
    planned.push(...round.filter(({ fault, target }) => possible(fault, target)));
  }
  return planned.slice(0, moments);
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
