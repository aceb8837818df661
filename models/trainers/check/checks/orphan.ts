import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { nodeCommand } from '../../../node-entry.ts';
import { trainerEventSchema } from '../../job.ts';
import { isAlive } from '../alive.ts';
import type { CheckBench, CheckJob } from '../check-bench.ts';
import { signalGroup } from '../signal-group.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

/** Until an orphan has left. */
const leaveSeconds = 30;

/** A real host, killed in the middle. */
export const orphan: TrainerCheck = {
  name: 'orphan',
  about: 'leaves a checkpoint and goes when its host was killed (stdin ends)',
  run: async (bench) => {
    bench.expectLearnt();
    const job = await bench.job('orphan');
    const pid = await killHost(bench, job);
    const begin = performance.now();
    try {
      while (isAlive(pid)) {
        if (performance.now() - begin > leaveSeconds * 1000)
          throw new BrokenPromise(`it still runs ${leaveSeconds} s after its host was killed`);
        await delay(50, undefined, { signal: bench.signal });
      }
    } finally {
      signalGroup({ pid }, 'SIGKILL');
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    bench.expectNoModel(job);
    const next = bench.start(job);
    await next.until(({ event }) => event === 'start');
    const step = next.first('start')?.resumed_from ?? null;
    if (step === null) throw new BrokenPromise('it left no checkpoint: the next attempt begins anew');
    return `gone after ${seconds} s; the next attempt goes on from step ${step}`;
  },
};

/** Answers the process id of the trainer that is now without a host. */
async function killHost(bench: CheckBench, { jobFile }: CheckJob): Promise<number> {
  const [program = '', ...args] = nodeCommand(import.meta.url, '../mortal-host');
  const host = spawn(program, [...args, jobFile, ...bench.options.command], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const kill = (): void => void host.kill('SIGKILL');
  bench.signal.addEventListener('abort', kill);
  let pid = 0;
  let isMiddle = false;
  for await (const line of createInterface({ input: host.stdout })) {
    const value = JSON.parse(line) as { pid?: number };
    pid = value.pid ?? pid;
    const { data: event } = trainerEventSchema.safeParse(value);
    if (event?.event === 'done') break;
    isMiddle = event?.event === 'progress' && event.step > 0 && event.step < event.total;
    if (isMiddle) break;
  }
  kill();
  bench.signal.removeEventListener('abort', kill);
  bench.groups.push(pid);
  bench.signal.throwIfAborted();
  if (!isMiddle) {
    signalGroup({ pid }, 'SIGKILL');
    throw new NotShown('it was over before its host could be killed: make it longer by --param');
  }
  return pid;
}
