import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { missingSearchAttributes } from '../core/missing-search-attributes.ts';
import { CommandError } from './command-error.ts';

/** gRPC: permission denied, unimplemented. */
const notForUs = new Set([7, 12]);

/**
 * Makes sure that the namespace knows the loop's search attributes. Where the server keeps the list from us (Temporal Cloud), it passes.
 *
 * @throws CommandError that says how to add what is missing.
 */
export async function checkSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options;
  let registered: Readonly<Record<string, unknown>>;
  try {
    const list = await client.connection.operatorService.listSearchAttributes({ namespace });
    registered = list.customAttributes;
  } catch (error) {
    if (isGrpcServiceError(error) && notForUs.has(error.code)) return;
    throw error;
  }
  const problem = missingSearchAttributes(registered, namespace);
  if (problem !== null) throw new CommandError(problem, 1);
}
