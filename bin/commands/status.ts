import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { TemporalConnection } from '../../client/connect.ts';
import { reportError } from '../report-error.ts';
import { loopTable, statusText } from '../status-text.ts';
import { stopSignal } from '../stop-signal.ts';
import { withTemporal } from '../with-temporal.ts';

interface Flags {
  readonly json?: boolean;
  readonly watch?: true | number;
}

/** `labelloop status [loop] [--watch]`. */
export function statusCommand(): Command {
  return new Command('status')
    .description('where a loop stands, its learning curve and its reviews; without a loop, all loops')
    .argument('[loop]', 'loop.yaml, or a workflow id')
    .option('--watch [seconds]', 'again and again, until the loop ends or Ctrl-C (every 2 s)', parseSeconds)
    .addHelpText(
      'after',
      `
Examples:
  labelloop status
  labelloop status loop.yaml --watch
  labelloop status labelloop.team.teeth.caries --json`,
    )
    .action(async (loop: string | undefined, _: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const show = loop === undefined ? allLoops : await oneLoop(loop);
      await withTemporal(async (temporal) => {
        if (flags.watch === undefined) await once(temporal, show, flags);
        else await watch(temporal, show, flags);
      });
    });
}

/** What to show, and whether it can still change. */
interface Shown {
  readonly value: unknown;
  readonly text: string;
  readonly isFinal: boolean;
}
type Show = (temporal: TemporalConnection) => Promise<Shown>;

async function allLoops({ client }: TemporalConnection): Promise<Shown> {
  const { listLoops } = await import('../../client/list-loops.ts');
  const loops = await listLoops(client);
  return { value: loops, text: loopTable(loops), isFinal: false };
}

async function oneLoop(loop: string): Promise<Show> {
  const { resolveLoop } = await import('../../client/resolve-loop.ts');
  const workflowId = await resolveLoop(loop);
  return async ({ client }) => {
    const { loopStatus } = await import('../../client/loop-status.ts');
    const report = await loopStatus(client, workflowId);
    return { value: report, text: statusText(report), isFinal: report.state !== 'RUNNING' };
  };
}

async function once(temporal: TemporalConnection, show: Show, { json }: Flags): Promise<boolean> {
  const { value, text, isFinal } = await show(temporal);
  console.log(json ? JSON.stringify(value) : text);
  return isFinal;
}

async function watch(temporal: TemporalConnection, show: Show, flags: Flags): Promise<void> {
  const stop = stopSignal();
  const everyMs = (typeof flags.watch === 'number' ? flags.watch : 2) * 1000;
  while (!stop.aborted) {
    if (process.stdout.isTTY && !flags.json) process.stdout.write('\x1b[2J\x1b[H');
    try {
      if (await once(temporal, show, flags)) return;
    } catch (error) {
      // A server or a worker that is away comes back; a loop that does not exist does not.
      if (error instanceof Error && 'exitCode' in error && error.exitCode !== 1) throw error;
      reportError(error, { verbose: false });
    }
    await delay(everyMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.5 && seconds <= 86_400)) throw new InvalidArgumentError('Give seconds, 0.5 at least.');
  return seconds;
}
