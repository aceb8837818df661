import { DomainError } from './errors.ts';
import { hash53 } from './hash.ts';
import type { ResultItem } from './ports.ts';

/** A class as a Label Studio result: one `choices` item. Its id is a hash of the key, so repeating it gives the same bytes. */
export function choiceResult(input: {
  fromName: string;
  toName: string;
  label: string;
  /** The datapoint's path. */
  key: string;
}): ResultItem[] {
  return [
    {
      id: hash53(`${input.fromName}\n${input.key}`).toString(36),
      type: 'choices',
      from_name: input.fromName,
      to_name: input.toName,
      value: { choices: [input.label] },
    },
  ];
}

/**
 * The class that a result chooses.
 *
 * @param classes - The loop's classes.
 * @param what - Names the result in messages.
 * @throws {@link DomainError} when there is no single choice or the class is unknown. Never retried.
 */
export function choiceOf(result: readonly ResultItem[], classes: readonly string[], what: string): string {
  const chosen = result.flatMap((item) => {
    const value = item['value'] as { choices?: unknown } | undefined;
    return item['type'] === 'choices' && Array.isArray(value?.choices) ? (value.choices as unknown[]) : [];
  });
  if (chosen.length !== 1)
    throw new DomainError(
      `${what} holds ${chosen.length} choices; exactly one of ${listed(classes)} is needed.`,
    );
  const label = chosen[0];
  if (typeof label !== 'string' || !classes.includes(label))
    throw new DomainError(`${what} names the class "${String(label)}"; the loop knows ${listed(classes)}.`);
  return label;
}

/** Class names for a message; of many, the first. */
export function listed(classes: readonly string[]): string {
  const shown = classes.slice(0, 20).map((name) => `"${name}"`);
  return classes.length > 20 ? `${shown.join(', ')} and ${classes.length - 20} more` : shown.join(', ');
}
