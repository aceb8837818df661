import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { freePort } from '../stack/ports.ts';
import { programEntry } from '../stack/program-entry.ts';

export interface EngineProcess {
  readonly client: DagsHubDataEngine;
  readonly host: string;
  readonly repo: string;
  readonly token: string;
  /** The CPU time that its threads have taken so far, in ms; where the system tells. */
  cpuMs(): Promise<number>;
  /** The most memory it has held so far, in MB; where the system tells. */
  peakMegabytes(): Promise<number>;
  stop(): Promise<void>;
}

/** A local Data Engine in a process of its own, over one root. */
export async function startEngineProcess(input: {
  dataDir: string;
  rootUrl: string;
  images: string;
}): Promise<EngineProcess> {
  const repo = 'local/bench';
  const token = randomUUID();
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      ...programEntry(import.meta.url, '../engine/main'),
      ...['--data', input.dataDir, '--repo', repo, '--port', String(port)],
      ...['--root', `${input.rootUrl}=${input.images}`],
    ],
    { env: { ...process.env, DAGSHUB_USER_TOKEN: token }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const host = `http://127.0.0.1:${port}`;
  const client = new DagsHubDataEngine({ host, repo, token });
  while (!(await client.check().then(Boolean, () => false))) {
    if (child.exitCode !== null) throw new Error('The Data Engine ended as it started.');
    await sleep(100);
  }
  return {
    client,
    host,
    repo,
    token,
    async cpuMs() {
      const threads = await readdir(`/proc/${child.pid}/task`).catch(() => []);
      const times = threads.map(async (thread) => {
        const text = await readFile(`/proc/${child.pid}/task/${thread}/schedstat`, 'utf8').catch(() => '');
        return Number(/^\d+/.exec(text)?.[0] ?? NaN) / 1e6;
      });
      return threads.length === 0 ? NaN : (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
    },
    async peakMegabytes() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
