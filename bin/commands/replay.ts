import { Command, InvalidArgumentError } from 'commander';
import { stopSignal } from '../stop-signal.ts';
import { withSelectionHistory } from '../with-selection-history.ts';

/** `labelloop replay <loop.yaml> --cycle N`. */
export function replayCommand(): Command {
  return new Command('replay')
    .description("choose a cycle's batch again from what was stored, and compare")
    .argument('<loop.yaml>', 'the loop')
    .requiredOption('--cycle <number>', 'the cycle', wholeNumber)
    .addHelpText(
      'after',
      `
Reads the Data Engine as of the time of that batch, and the feature vectors of MLflow; changes nothing. Exit code 1 tells that the batch
is another, with the first difference.

Example:
  labelloop replay loop.yaml --cycle 3`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { cycle, json } = command.optsWithGlobals<{ cycle: number; json?: boolean }>();
      const { firstDifference } = await import('../../core/selection/first-difference.ts');
      await withSelectionHistory(file, async (history) => {
        const signal = stopSignal();
        const record = await history.record(cycle, signal);
        const again = await history.again(record, signal);
        const difference = firstDifference(record, again);
        if (json)
          console.log(JSON.stringify({ cycle, same: difference === null, difference, chosen: again.chosen }));
        else if (difference === null)
          console.log(
            `Cycle ${cycle}: ${again.strategy} chose the same ${again.chosen.length} of ${again.pool} images again.`,
          );
        if (difference === null) return;
        if (!json) console.error(`Cycle ${cycle}: ${difference}`);
        process.exitCode = 1;
      });
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}
