import { access, constants, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { programEntry } from './program-entry.ts';
import { runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';
import type { OnStackEvent, StackEvent } from './stack-event.ts';

export type TemporalSource = { readonly path: string } | { readonly address: string };

export interface FindTemporalOptions {
  /** The process's by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether one may be downloaded or built when none is found. Default true. */
  readonly mayInstall?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const goModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const howToInstall =
  `install it (https://docs.temporal.io/cli, or with Go: go install ${goModule}), set TEMPORAL_CLI_PATH to it, ` +
  'or set TEMPORAL_ADDRESS to a running server';

/**
 * A Temporal server to use, or the command line that can start one: `TEMPORAL_ADDRESS`, `TEMPORAL_CLI_PATH`, `PATH`, Go's bin folders,
 * an earlier download, then a download by the SDK, then a build by Go.
 *
 * @throws StackError that says how to install one.
 */
export async function findTemporalCli(
  onProgress: OnStackEvent = () => undefined,
  options: FindTemporalOptions = {},
): Promise<TemporalSource> {
  const { env = process.env, mayInstall = true, signal } = options;
  if (env['TEMPORAL_ADDRESS']) return { address: env['TEMPORAL_ADDRESS'] };
  const given = env['TEMPORAL_CLI_PATH'];
  if (given) {
    if (await isTemporal(given)) return { path: given };
    throw new StackError(
      `TEMPORAL_CLI_PATH is ${given}, which is no Temporal command line; ${howToInstall}.`,
    );
  }
  const cache = downloadFolder(env);
  const found = await firstTemporal([
    ...pathFolders(env).map((folder) => join(folder, 'temporal')),
    ...goFolders(env).map((folder) => join(folder, 'temporal')),
    ...(await downloads(cache)),
  ]);
  if (found !== null) return { path: found };
  if (!mayInstall) throw new StackError(`No Temporal command line is found; ${howToInstall}.`);

  const report = progressSince(Date.now(), onProgress);
  report('The Temporal command line is missing; trying to download it');
  const download = await runCommand(
    process.execPath,
    [...programEntry(import.meta.url, 'download-temporal-cli'), cache],
    {
      env,
      timeoutMs: 180_000,
      signal,
    },
  );
  const downloaded = download.code === 0 ? await firstTemporal(await downloads(cache)) : null;
  if (downloaded !== null) return { path: downloaded };
  return { path: await buildWithGo(env, report, signal) };
}

async function buildWithGo(
  env: NodeJS.ProcessEnv,
  report: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const where = await runCommand('go', ['env', 'GOBIN', 'GOPATH'], { env, signal });
  if (where.code !== 0)
    throw new StackError(`No Temporal command line is found, and it cannot be downloaded; ${howToInstall}.`);
  const [bin = '', goPath = ''] = where.lines;
  report('The download failed; building it with Go, which takes some minutes');
  const build = await runCommand('go', ['install', '-v', '-ldflags=-s -w', goModule], {
    env,
    signal,
    onLine: (line) => report(`Building the Temporal command line: ${line}`),
  });
  const path = join(bin || join(goPath.split(delimiter)[0] ?? '', 'bin'), 'temporal');
  if (build.code === 0 && (await isTemporal(path))) return path;
  const reason = build.lines.at(-1) ?? `exit code ${build.code}`;
  throw new StackError(
    `No Temporal command line is found, and Go cannot build it (${reason}); ${howToInstall}.`,
  );
}

async function firstTemporal(paths: readonly string[]): Promise<string | null> {
  for (const path of new Set(paths)) if (await isTemporal(path)) return path;
  return null;
}

/** Other programs are called `temporal` too. */
async function isTemporal(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return false;
  }
  const { code, lines } = await runCommand(path, ['--version'], { timeoutMs: 15_000 });
  return code === 0 && /^temporal version .*server/i.test(lines[0] ?? '');
}

function pathFolders(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

function goFolders(env: NodeJS.ProcessEnv): string[] {
  const goPaths = (env['GOPATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const home = env['HOME'] ?? homedir();
  return [
    ...(env['GOBIN'] ? [env['GOBIN']] : []),
    ...[...goPaths, join(home, 'go')].map((path) => join(path, 'bin')),
  ];
}

function downloadFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache'), 'labelloop');
}

async function downloads(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith('temporal') && !name.endsWith('.downloading'))
    .map((name) => join(folder, name));
}

function progressSince(startMs: number, onProgress: OnStackEvent): (message: string) => void {
  return (message) => {
    const event: StackEvent = {
      server: 'temporal',
      phase: 'install',
      message,
      seconds: (Date.now() - startMs) / 1000,
    };
    onProgress(event);
  };
}
