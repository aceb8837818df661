import { DomainError } from '../../core/errors.ts';

/**
 * A text as it stands in MLflow's filters, which know no escape.
 *
 * @throws DomainError when it holds both kinds of quotes.
 */
export function filterText(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw new DomainError(`MLflow cannot search for ${text}: it holds both kinds of quotes.`);
}
