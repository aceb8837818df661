import { z } from 'zod';
import type { Datapoint, ValueType } from '../../core/datapoints.ts';
import { UnexpectedResponseError } from '../../core/errors.ts';

const valueTypeSchema = z.enum(['BOOLEAN', 'INTEGER', 'DATETIME', 'FLOAT', 'STRING', 'BLOB']);
const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
type Scalar = z.output<typeof scalarSchema>;

/** A page of datapoints as the API answers it. */
export const datapointsPageSchema = z.object({
  edges: z
    .array(
      z.object({
        node: z.object({
          id: z.union([z.string(), z.number()]),
          path: z.string(),
          metadata: z
            .array(
              z.object({
                key: z.string(),
                value: z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(scalarSchema)]),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .nullable(),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
  selectFields: z.array(z.object({ name: z.string(), valueType: valueTypeSchema })).nullish(),
});

type PageJson = z.output<typeof datapointsPageSchema>;

/**
 * Values in their types, whether the server sent them as JSON values or as text. A list is kept as its JSON text.
 *
 * @param wanted - The fields kept; absent: all.
 */
export function toDatapoints(page: PageJson, wanted?: readonly string[]): Datapoint[] {
  const types = new Map((page.selectFields ?? []).map(({ name, valueType }) => [name, valueType]));
  return (page.edges ?? []).map(({ node }) => {
    const fields: Record<string, Scalar> = {};
    for (const { key, value } of node.metadata ?? []) {
      if (value === null || wanted?.includes(key) === false) continue;
      fields[key] = Array.isArray(value)
        ? JSON.stringify(value)
        : parseScalar(value, types.get(key), node.path, key);
    }
    return { id: String(node.id), path: node.path, fields };
  });
}

function parseScalar(value: Scalar, valueType: ValueType | undefined, path: string, key: string): Scalar {
  switch (valueType) {
    case 'FLOAT':
    case 'INTEGER':
    case 'DATETIME': {
      const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
      if (Number.isFinite(number)) return number;
      throw new UnexpectedResponseError(
        `DagsHub: ${key} of ${path} is ${valueType} and reads "${String(value)}"`,
      );
    }
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : /^(true|1)$/i.test(String(value));
    case 'STRING':
    case 'BLOB':
      return String(value);
    case undefined:
      return value;
  }
}
