import { EngineError } from './engine-error.ts';

/** A condition on a part of a DATETIME, as its people's clocks show it. */
export type TimeFilter =
  | { readonly part: 'YEAR' | 'MONTH' | 'DAY'; readonly values: readonly number[] }
  /** `HH:MM:SS`, both ends included. */
  | { readonly part: 'TIMEOFDAY'; readonly from: string; readonly to: string };

const formats = { YEAR: '%Y', MONTH: '%m', DAY: '%d', TIMEOFDAY: '%H:%M:%S' } as const;

/** Reads a DATE_TIME_FILTER: `valueRange` lists years, months or days; `value` is `HH:mm-HH:mm`, seconds optional. */
export function readTimeFilter(input: {
  timeFilter: TimeFilter['part'];
  value: unknown;
  valueRange: unknown;
}): TimeFilter {
  const { timeFilter: part, value, valueRange } = input;
  if (part === 'TIMEOFDAY') return { part, ...readRange(value) };
  const values = Array.isArray(valueRange) ? valueRange.map(Number) : [];
  if (values.length === 0 || !values.every(Number.isSafeInteger))
    throw new EngineError(`A filter on the ${part} of a DATETIME lists whole numbers in "valueRange".`);
  return { part, values };
}

/**
 * @param milliseconds - SQL of a DATETIME.
 * @param zone - SQL of the zone it was given in; UTC when that is null.
 * @param override - `+HH:MM` or `-HH:MM` for all, instead of their own.
 */
export function timeFilterSql(
  filter: TimeFilter,
  milliseconds: string,
  zone: string,
  override: string | null,
): { sql: string; values: (string | number)[] } {
  const own = override === null ? `coalesce(${zone}, '+00:00')` : `'${requireZone(override)}'`;
  const text = `strftime('${formats[filter.part]}', (${milliseconds}) / 1000.0, 'unixepoch', ${own})`;
  if (filter.part === 'TIMEOFDAY')
    return { sql: `${text} BETWEEN ? AND ?`, values: [filter.from, filter.to] };
  return {
    sql: `CAST(${text} AS INTEGER) IN (${filter.values.map(() => '?').join(', ')})`,
    values: [...filter.values],
  };
}

/** @throws EngineError when the text is no zone. */
export function requireZone(zone: string): string {
  if (!/^[+-]([01]\d|2[0-3]):[0-5]\d$/.test(zone))
    throw new EngineError(`"${zone.slice(0, 20)}" is no time zone: write +HH:MM or -HH:MM.`);
  return zone;
}

function readRange(value: unknown): { from: string; to: string } {
  const time = '((?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?|24:00)';
  const match = new RegExp(`^\\s*${time}\\s*-\\s*${time}\\s*$`).exec(typeof value === 'string' ? value : '');
  const [from, to] = [match?.[1], match?.[2]].map((one) => (one?.length === 5 ? `${one}:00` : one));
  if (from === undefined || to === undefined)
    throw new EngineError('A filter on the time of day has a "value" like 11:30-12:30.');
  if (from > to)
    throw new EngineError(
      `The time of day ${from}-${to} runs over midnight: ask for its two parts with "or".`,
    );
  return { from, to };
}
