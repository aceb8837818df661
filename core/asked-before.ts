import type { Purpose } from './fields.ts';

/** A question that a loop took back, that a person skipped and shall see once more, or that was answered before somebody else is asked. */
export interface AskedBefore {
  readonly cycle: number;
  readonly purpose: Purpose;
  readonly ended: 'skipped' | 'withdrawn' | 'answered';
  /** In words; only where it was withdrawn. */
  readonly why: string;
}

const separator = '; ';
const entry = /^(\d+) ([a-z-]+) (skipped|withdrawn|answered)(?:: (.*))?$/;

/** What `asked_before` says, oldest first: `2 score skipped; 4 again withdrawn: the deadline`. Absent: nothing. */
export function askedBefore(text: unknown): AskedBefore[] {
  if (typeof text !== 'string') return [];
  return text.split(separator).flatMap((part) => {
    const [, cycle, purpose, ended, why = ''] = entry.exec(part) ?? [];
    if (cycle === undefined) return [];
    return [
      {
        cycle: Number(cycle),
        purpose: purpose as AskedBefore['purpose'],
        ended: ended as AskedBefore['ended'],
        why,
      },
    ];
  });
}

/** The text with one more; of a cycle the last counts, so that an attempt may repeat it. */
export function withAskedBefore(text: unknown, one: AskedBefore): string {
  const others = askedBefore(text).filter(({ cycle }) => cycle !== one.cycle);
  return [...others, one].map(words).join(separator);
}

function words({ cycle, purpose, ended, why }: AskedBefore): string {
  const reason = why.replaceAll(';', ',').replace(/\s+/g, ' ').trim();
  return `${cycle} ${purpose} ${ended}${reason === '' ? '' : `: ${reason}`}`;
}
