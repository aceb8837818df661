import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes } from '../../core/search-attributes.ts';
import { findTemporalCli } from '../../stack/find-temporal-cli.ts';

const indexedTypes = { Keyword: 'KEYWORD', Int: 'INT', Double: 'DOUBLE' } as const;

/** A dev server in memory that knows the loop's search attributes, by the command line that the local stack would use; built where none is. */
export async function startTemporalServer(): Promise<TestWorkflowEnvironment> {
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined };
  const cli = await findTemporalCli(({ message }) => process.stderr.write(`${message}\n`), { env });
  if (!('path' in cli)) throw new Error('found a server where a command line was asked for');
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: cli.path },
      searchAttributes: Object.entries(searchAttributes).map(([name, type]) =>
        defineSearchAttributeKey(name, indexedTypes[type]),
      ),
      log: { format: 'pretty', level: 'error' },
    },
  });
}
