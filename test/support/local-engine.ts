import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngine, type Engine, type EngineOptions } from '../../engine/start-engine.ts';

export const testRepo = 'team/teeth';
export const testToken = 'a-test-token';

/** A real engine on a free port, over a folder of its own. */
export interface LocalEngine {
  readonly engine: Engine;
  /** Holds `images`, `empty` and `data`. */
  readonly folder: string;
  readonly rootUrl: string;
  readonly emptyRootUrl: string;
  /** The same data behind a new server, as after a crash or an update. */
  restart(): Promise<LocalEngine>;
  close(): Promise<void>;
}

export async function startLocalEngine(
  files: Readonly<Record<string, Uint8Array>>,
  options: Partial<EngineOptions> = {},
): Promise<LocalEngine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'labelloop-engine-'));
  await mkdir(path.join(folder, 'empty'));
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(folder, 'images', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return open(folder, options);
}

async function open(folder: string, options: Partial<EngineOptions>): Promise<LocalEngine> {
  const rootUrl = 's3://digits/data';
  const emptyRootUrl = `repo://${testRepo}/main:empty`;
  const engine = await startEngine({
    dataDir: path.join(folder, 'data'),
    repo: testRepo,
    token: testToken,
    roots: [
      { url: rootUrl, folder: path.join(folder, 'images') },
      { url: emptyRootUrl, folder: path.join(folder, 'empty') },
    ],
    ...options,
  });
  return {
    engine,
    folder,
    rootUrl,
    emptyRootUrl,
    async restart() {
      await engine.close();
      return open(folder, options);
    },
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
