import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, ownerVariable } from '../../stack/end-leftovers.ts';
import { processIdentity } from '../../stack/process-identity.ts';
import { ServerProcess } from '../../stack/server-process.ts';
import { until } from '../support/until.ts';

let folder: string;
const started: ServerProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-server-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

/** A server in shell, ready once it has written `ready` to a file of its folder. */
function server(
  script: string,
  options: { stopWithinMs?: number; readyWithinMs?: number } = {},
): ServerProcess {
  const one = new ServerProcess({
    name: 'engine',
    title: 'The server',
    file: '/bin/sh',
    args: ['-c', script],
    env: { PATH: process.env['PATH'], [ownerVariable]: folder },
    cwd: folder,
    isReady: async () => existsSync(join(folder, 'ready')),
    readyWithinMs: options.readyWithinMs ?? 10_000,
    stopWithinMs: options.stopWithinMs ?? 25_000,
    logFile: join(folder, 'logs', 'server.log'),
    pidFile: join(folder, 'run', 'engine.pid.json'),
  });
  started.push(one);
  return one;
}

const signal = new AbortController().signal;
const childPid = () => Number(readFileSync(join(folder, 'child'), 'utf8'));
const isGone = (pid: number) => processIdentity(pid) === null;

describe('ServerProcess', () => {
  it('starts, stops by request, and starts again', async () => {
    const one = server('trap "echo bye; exit 0" TERM; touch ready; while :; do sleep 0.05; done');
    await one.start(signal);
    const { pid = 0 } = one;
    expect(processIdentity(pid)).not.toBeNull();
    await one.stop();
    expect(isGone(pid)).toBe(true);
    expect(readFileSync(join(folder, 'logs', 'server.log'), 'utf8')).toBe('bye\n');
    await one.start(signal);
    expect(one.pid).not.toBe(pid);
  });

  it('shows the end of the log of this start when it dies in it', async () => {
    const one = server('for i in $(seq 100); do echo "line $i"; done; exit 3');
    await expect(one.start(signal)).rejects.toThrow(
      /^The server ended while starting \(exit code 3\); the end of its log, .*server\.log:\nline 86\n(line \d+\n)+line 100$/,
    );
    const silent = server('exit 4');
    await expect(silent.start(signal)).rejects.toThrow('(exit code 4); it wrote nothing to its log');
  });

  it('says so when the program is not there, or never gets ready', async () => {
    const missing = new ServerProcess({ ...server('').spec, file: join(folder, 'nothing') });
    await expect(missing.start(signal)).rejects.toThrow(/ended while starting \(spawn .* ENOENT\)/);
    const slow = server('sleep 100', { readyWithinMs: 300 });
    await expect(slow.start(signal)).rejects.toThrow('did not answer within 0 s');
  });

  it('kills one that does not listen, and the children it leaves', async () => {
    const deaf =
      'trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo $! > child; touch ready; while :; do sleep 0.1; done';
    const one = server(deaf, { stopWithinMs: 300 });
    await one.start(signal);
    const { pid = 0 } = one;
    await one.stop();
    expect([isGone(pid), isGone(childPid())]).toEqual([true, true]);
  });

  it('tells when it dies, ends its children, and can be started again', async () => {
    const one = server('sleep 100 & echo $! > child; touch ready; wait');
    const deaths: string[] = [];
    one.onDeath = (message) => deaths.push(message);
    await one.start(signal);
    process.kill(one.pid ?? 0, 'SIGKILL');
    await until(() => deaths.length > 0, 'the news of its death');
    expect(deaths[0]).toMatch(/^The server ended unexpectedly \(SIGKILL\); its log is /);
    expect(isGone(childPid())).toBe(true);
    await one.start(signal);
    await one.stop();
    expect(deaths).toHaveLength(1);
  });

  it('gives up at once when it is told to', async () => {
    const abort = new AbortController();
    const start = server('sleep 100').start(abort.signal);
    abort.abort(new Error('enough'));
    await expect(start).rejects.toThrow('enough');
  });
});

describe('endLeftovers', () => {
  const runDir = () => join(folder, 'run');

  it('ends a server that its stack left, by its pid file', async () => {
    const one = server('touch ready; sleep 100');
    await one.start(signal);
    expect(await endLeftovers(runDir(), join(folder, 'elsewhere'))).toBe(1);
    expect(isGone(one.pid ?? 0)).toBe(true);
    expect(existsSync(one.spec.pidFile)).toBe(false);
  });

  (process.platform === 'linux' ? it : it.skip)(
    'ends one whose pid file is missing, by its environment',
    async () => {
      const one = server('sleep 100 & echo $! > child; touch ready; wait');
      await one.start(signal);
      await rm(one.spec.pidFile);
      expect(await endLeftovers(runDir(), folder)).toBe(1);
      expect(isGone(childPid())).toBe(true);
    },
  );

  it('leaves a stranger that has the number of a dead server', async () => {
    const one = server('touch ready; sleep 100');
    await one.start(signal);
    const { pid = 0 } = one;
    const note = JSON.parse(readFileSync(one.spec.pidFile, 'utf8')) as object;
    const { writeFile } = await import('node:fs/promises');
    await writeFile(one.spec.pidFile, JSON.stringify({ ...note, identity: 'another start' }));
    expect(await endLeftovers(runDir(), join(folder, 'elsewhere'))).toBe(0);
    expect(isGone(pid)).toBe(false);
  });
});
