import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { missingSearchAttributes } from '../core/missing-search-attributes.ts';
import { searchAttributes } from '../core/search-attributes.ts';
import { StackError } from './stack-error.ts';

/** Temporal's `IndexedValueType`. */
const typeNumbers = { Keyword: 2, Int: 3, Double: 4 } as const;
/** gRPC: already exists, permission denied, unimplemented. */
const alreadyThere = 6;
const notForUs = new Set([7, 12]);

/**
 * Adds the search attributes that a namespace lacks. A server that does not let us look (Temporal Cloud) is left as it is.
 *
 * @throws StackError when one exists with another type.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { operatorService } = connection;
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(searchAttributes).filter(([name]) => customAttributes[name] === undefined);
    if (missing.length > 0)
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, typeNumbers[type]])),
      });
    const problem = missingSearchAttributes({ ...customAttributes, ...asNumbers(missing) }, namespace);
    if (problem !== null) throw new StackError(problem);
  } catch (error) {
    if (isGrpcServiceError(error) && ((error.code as number) === alreadyThere || notForUs.has(error.code)))
      return;
    throw error;
  }
}

function asNumbers(
  attributes: readonly (readonly [string, keyof typeof typeNumbers])[],
): Record<string, number> {
  return Object.fromEntries(attributes.map(([name, type]) => [name, typeNumbers[type]]));
}
