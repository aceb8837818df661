import { join } from 'node:path';
import { ensurePythonVenv } from './python-venv.ts';

/** The Python that has DagsHub's official client, made on first use; what the Data Engine is held against. */
export async function ensureOfficialClient(options: {
  /** Holds one environment a program. */
  readonly venvDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (message: string) => void;
}): Promise<string> {
  return join(await ensurePythonVenv({ ...options, name: 'dagshub' }), 'python');
}
