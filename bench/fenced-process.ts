import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../stack/run-command.ts';

/** CPU time is dealt out so often: short against a call, so that a worker does not sleep through an answer. */
const periodUs = 20_000;

export interface FencedProcess {
  /** CPU seconds that it has taken so far. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** Why this machine cannot fence processes in, as a sentence; null where it can. */
export function whyNoFence(): string | null {
  if (process.platform !== 'linux')
    return 'Network namespaces and CPU quotas are Linux’s; this is another system.';
  if (process.getuid?.() !== 0) return 'Network namespaces and CPU quotas need root; run it as root.';
  if (!cpuGroups()) return 'No control group for CPU quotas is mounted under /sys/fs/cgroup.';
  return null;
}

/**
 * Runs a program of ours as if on a machine of its own: in a network namespace, with a share of one core. It reaches ports of this machine's
 * loopback at `host`, and nothing else.
 *
 * @param number - 1 to 250, different for each.
 * @returns Once it has printed a line; until then it has all the CPU time it wants.
 */
export async function startFenced(input: {
  number: number;
  cores: number;
  ports: readonly number[];
  args: (host: string) => readonly string[];
}): Promise<FencedProcess> {
  const name = `labelloop-${process.pid}-${input.number}`;
  const [ours, theirs] = [`10.213.${input.number}.1`, `10.213.${input.number}.2`];
  const link = `ll${process.pid % 100_000}-${input.number}`;
  await ip('netns', 'add', name);
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('addr', 'add', `${ours}/30`, 'dev', link);
  await ip('link', 'set', link, 'up');
  await ip('-n', name, 'addr', 'add', `${theirs}/30`, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  const relays = await Promise.all(input.ports.map((port) => relay(ours, port)));
  const group = await cpuGroup(name);
  const args = ['netns', 'exec', name, process.execPath, ...input.args(ours)];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await writeFile(join(group, 'cgroup.procs'), String(child.pid));
  await firstLine(child);
  await limit(group, input.cores);
  return {
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    async stop() {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await ended;
      for (const server of relays) server.close();
      await ip('netns', 'del', name);
      await removeGroup(group);
    },
  };
}

async function firstLine(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const ended = once(child, 'exit').then(() => {
    throw new Error('The program ended before it was ready.');
  });
  await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => undefined);
}

async function ip(...args: string[]): Promise<void> {
  const { code, lines } = await runCommand('ip', args);
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${lines.join(' ')}`);
}

/** A port of this machine's loopback, at another address. */
async function relay(host: string, port: number): Promise<Server> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((one) => one.destroy()));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Where groups with CPU quotas are made, by version of Linux's control groups. */
function cpuGroups(): { root: string; version: 1 | 2 } | null {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return { root: '/sys/fs/cgroup', version: 2 };
  if (existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) return { root: '/sys/fs/cgroup/cpu', version: 1 };
  return null;
}

async function cpuGroup(name: string): Promise<string> {
  const groups = cpuGroups();
  if (!groups) throw new Error('No control group for CPU quotas is mounted under /sys/fs/cgroup.');
  if (groups.version === 2) await writeFile(join(groups.root, 'cgroup.subtree_control'), '+cpu');
  const group = join(groups.root, name);
  await mkdir(group);
  return group;
}

async function limit(group: string, cores: number): Promise<void> {
  const quotaUs = String(Math.round(cores * periodUs));
  if (cpuGroups()?.version === 2) return writeFile(join(group, 'cpu.max'), `${quotaUs} ${periodUs}`);
  await writeFile(join(group, 'cpu.cfs_period_us'), String(periodUs));
  await writeFile(join(group, 'cpu.cfs_quota_us'), quotaUs);
}

/** A group is empty a moment after its last process has ended. */
async function removeGroup(group: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const gone = await rmdir(group).then(
      () => true,
      () => false,
    );
    if (gone) return;
    await sleep(100);
  }
}

/** From /proc, in the hundredths that Linux counts there. */
async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
