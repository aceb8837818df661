import { Command, InvalidArgumentError } from 'commander';
import { digitsSet } from './digits-set.ts';
import { runDemo } from './run-demo.ts';
import { progressPrinter } from '../stack/progress.ts';

/** `labelloop demo`. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Two loops side by side on handwritten digits, on real local servers: smallest margin against random',
    )
    .option('--data <dir>', 'where everything lies', '.labelloop/demo')
    .option('--cycles <number>', 'batches of 20 after the first 20 labels', wholeNumber, 5)
    .option('--seed <number>', 'chooses splits, batches and training order', wholeNumber, 1)
    .option('--keep', 'leave the servers up until Ctrl-C', false)
    .option('--fresh', 'forget an earlier demo and start from nothing', false)
    .addHelpText(
      'after',
      '\nExamples:\n  labelloop demo\n  labelloop demo --keep --cycles 8\n  labelloop demo --fresh --seed 2',
    )
    .action(async (flags: { data: string; cycles: number; seed: number; keep: boolean; fresh: boolean }) => {
      const stop = new AbortController();
      const onSignal = () => stop.abort();
      process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
      const printer = progressPrinter(process.stderr);
      try {
        await runDemo({
          set: digitsSet,
          dataDir: flags.data,
          seed: flags.seed,
          cycles: flags.cycles,
          keep: flags.keep,
          fresh: flags.fresh,
          onStackEvent: printer.onEvent,
          onStackReady: printer.settle,
          print: (line) => process.stdout.write(`${line}\n`),
          signal: stop.signal,
        });
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        process.exitCode = 130;
      } finally {
        printer.settle();
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      }
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}
