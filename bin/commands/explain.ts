import { Command } from 'commander';
import { stopSignal } from '../stop-signal.ts';
import { withSelectionHistory } from '../with-selection-history.ts';

/** `labelloop explain <loop.yaml> <path>`. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('why an image was chosen for people, or was not')
    .argument('<loop.yaml>', 'the loop')
    .argument('<path>', 'the image, from the root of the datasource')
    .addHelpText(
      'after',
      `
Reads the Data Engine and MLflow, by the same environment as a worker; the loop need not run.

Example:
  labelloop explain loop.yaml patient-7/left.png`,
    )
    .action(async (file: string, path: string, _: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const { explanation } = await import('../../core/selection/explanation.ts');
      const { fields } = await import('../../core/fields.ts');
      await withSelectionHistory(file, async (history) => {
        const signal = stopSignal();
        const { fields: row } = await history.image(path, signal);
        const chosenIn = row[fields.selectedInCycle.name];
        const isAsked = typeof chosenIn === 'number' && chosenIn >= 0;
        const cycle = isAsked ? chosenIn : await history.newestCycle(signal);
        const record = cycle === null || cycle === 0 ? null : await history.record(cycle, signal);
        const sentences = explanation({ path, fields: row, record });
        const isOf = (one: { path: string }) => one.path === path;
        const answer = {
          path,
          cycle,
          sentences,
          chosen: record?.chosen.find(isOf) ?? null,
          passedOver: record?.passedOver.find(isOf) ?? null,
        };
        console.log(json ? JSON.stringify(answer) : sentences.join('\n'));
      });
    });
}
