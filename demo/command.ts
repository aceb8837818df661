import { Command, InvalidArgumentError, Option } from 'commander';
import { demoSets, type DemoTask } from './demo-sets.ts';
import { runDemo } from './run-demo.ts';
import { progressPrinter } from '../stack/progress.ts';

/** `labelloop demo`. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Two loops side by side on real local servers, choosing by what the model does not know and at random',
    )
    .addOption(
      new Option(
        '--task <task>',
        'handwritten digits to classify, or shapes in drawn scenes to box or to outline',
      )
        .choices(Object.keys(demoSets))
        .default('classify'),
    )
    .option('--data <dir>', 'where everything lies', '.labelloop/demo')
    .option(
      '--cycles <number>',
      'batches after the first labels: 20 digits each, or 16 scenes',
      wholeNumber,
      5,
    )
    .option('--seed <number>', 'chooses splits, batches and training order', wholeNumber, 1)
    .option('--keep', 'leave the servers up until Ctrl-C', false)
    .option('--fresh', 'forget an earlier demo and start from nothing', false)
    .addHelpText(
      'after',
      '\nExamples:\n  labelloop demo\n  labelloop demo --keep --cycles 8\n  labelloop demo --fresh --seed 2\n  labelloop demo --task detect\n  labelloop demo --task segment',
    )
    .action(
      async (flags: {
        task: DemoTask;
        data: string;
        cycles: number;
        seed: number;
        keep: boolean;
        fresh: boolean;
      }) => {
        const stop = new AbortController();
        const onSignal = () => stop.abort();
        process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
        const printer = progressPrinter(process.stderr);
        try {
          await runDemo({
            set: demoSets[flags.task],
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
      },
    );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}
