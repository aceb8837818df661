import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes } from '../../core/search-attributes.ts';

const indexedTypes = { Keyword: 'KEYWORD', Int: 'INT', Double: 'DOUBLE' } as const;

/** A dev server in memory that knows the loop's search attributes: `TEMPORAL_CLI_PATH`, one on `PATH` or in Go's folder, or a download. */
export async function startTemporalServer(): Promise<TestWorkflowEnvironment> {
  const path = temporalCli();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: path === null ? { type: 'cached-download' } : { type: 'existing-path', path },
      searchAttributes: Object.entries(searchAttributes).map(([name, type]) =>
        defineSearchAttributeKey(name, indexedTypes[type]),
      ),
      log: { format: 'pretty', level: 'error' },
    },
  });
}

function temporalCli(): string | null {
  const { TEMPORAL_CLI_PATH, PATH = '', GOPATH = join(homedir(), 'go') } = process.env;
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const candidates = [...PATH.split(delimiter), join(GOPATH, 'bin')].map((folder) => join(folder, name));
  return TEMPORAL_CLI_PATH ?? candidates.find((file) => existsSync(file)) ?? null;
}
