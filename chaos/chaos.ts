import { Command, InvalidArgumentError } from 'commander';
import { SingleBar } from 'cli-progress';
import { progressPrinter } from '../stack/progress.ts';
import { runChaos } from './run-chaos.ts';
import { chaosReport, lastLine } from './report.ts';

interface Flags {
  readonly moments: number;
  readonly seed: number;
  readonly cycles: number;
  readonly data: string;
}

const program = new Command('chaos')
  .description(
    'Runs a loop on the real servers while everything goes wrong, and counts what is double or lost',
  )
  .option('--moments <number>', 'how many things go wrong, one after the other', wholeNumber, 50)
  .option('--seed <number>', 'chooses what goes wrong, when and for how long', wholeNumber, 1)
  .option('--cycles <number>', 'of the loop', wholeNumber, 3)
  .option('--data <dir>', 'where everything lies; emptied first', '.labelloop/chaos')
  .addHelpText(
    'after',
    `
Every pair of fault and target comes up once before any comes up again. Meanwhile a simulated team answers in Label Studio, one in ten answers
wrongly, and each answer that Label Studio acknowledges must be an annotation in the end. Ends with 0 when nothing is double or lost and
the audit balances, else with 1; the last line says which. Servers that the environment names (LABEL_STUDIO_URL, …; on
loopback) are used and not killed. Disk full needs root, clock jump Debian's libfaketime; what cannot be is skipped and said.

Examples:
  npm run chaos
  npm run chaos -- --moments 120 --seed 7`,
  );

program.action(async (flags: Flags) => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  const printer = progressPrinter(process.stderr);
  const bar = new SingleBar({
    format: '{bar} {value}/{total} moments | {where} | {what}',
    stream: process.stderr,
    noTTYOutput: false,
  });
  const print = (line: string) => process.stderr.write(`${line}\n`);
  try {
    const result = await runChaos({
      ...flags,
      dataDir: flags.data,
      onStackEvent: printer.onEvent,
      onBegin: () => {
        printer.settle();
        if (process.stderr.isTTY) bar.start(flags.moments, 0, { where: '', what: '' });
      },
      onMoment: (done, next, where) => {
        const what = next ? `${next.fault}, ${next.target}` : 'calm';
        if (process.stderr.isTTY) bar.update(done, { where, what });
        else print(`${done}/${flags.moments} ${where}: ${what}`);
      },
      print,
      signal: stop.signal,
    });
    bar.stop();
    console.log(`${chaosReport(result)}\n${lastLine(result)}`);
    process.exitCode = result.verdict.complaints.length > 0 ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    bar.stop();
    printer.settle();
  }
});

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
