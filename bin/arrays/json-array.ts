import { DomainError } from '../../core/errors.ts';
import { countOf, type NumberArray } from '../../core/number-array.ts';

interface Named {
  readonly values: unknown;
  readonly ids?: unknown;
  readonly columns?: unknown;
}

type Nested = number | null | readonly Nested[];

/**
 * Nested lists of numbers of one shape, or `{"values": …, "ids": […], "columns": […]}` with either name list or none. `null` is NaN.
 *
 * @throws DomainError naming the first place where the lists differ in shape or hold something else.
 */
export function readJsonArray(bytes: Uint8Array): NumberArray {
  const json = parsed(new TextDecoder().decode(bytes));
  const named: Named = isNamed(json) ? json : { values: json };
  const shape = shapeOf(named.values);
  const data = new Float64Array(countOf(shape));
  let at = 0;
  fill(named.values, 0, 'values');
  const { ids, columns } = named;
  return {
    shape,
    data,
    ...(ids !== undefined && { ids: names('ids', ids, shape[0] ?? 0) }),
    ...(columns !== undefined && { columns: names('columns', columns, shape[1] ?? 1) }),
  };

  function fill(value: unknown, depth: number, place: string): void {
    if (depth === shape.length) {
      if (typeof value !== 'number' && value !== null)
        throw new DomainError(`${place} is ${JSON.stringify(value).slice(0, 40)}, not a number.`);
      data[at++] = value ?? NaN;
    } else if (!Array.isArray(value) || value.length !== shape[depth])
      throw new DomainError(
        `${place} is ${Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value)}, not a list of ${shape[depth] ?? 0}.`,
      );
    else for (const [index, inner] of value.entries()) fill(inner, depth + 1, `${place}[${index}]`);
  }
}

export function jsonOfArray({ shape, data, ids, columns }: NumberArray): string {
  let at = 0;
  const nested = (depth: number): Nested =>
    depth === shape.length
      ? finite(data[at++])
      : Array.from({ length: shape[depth] ?? 0 }, () => nested(depth + 1));
  const values = nested(0);
  return `${JSON.stringify(ids || columns ? { ...(ids && { ids }), ...(columns && { columns }), values } : values)}\n`;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new DomainError(`It is no JSON: ${(error as Error).message}.`, { cause: error });
  }
}

function isNamed(json: unknown): json is Named {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && 'values' in json;
}

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])] : [];
}

function names(what: string, value: unknown, length: number): string[] {
  if (!Array.isArray(value) || value.length !== length)
    throw new DomainError(`"${what}" is no list of ${length}, one name each.`);
  return value.map(String);
}
