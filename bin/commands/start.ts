import { Command } from 'commander';
import { withTemporal } from '../with-temporal.ts';

/** `labelloop start loop.yaml`. */
export function startCommand(): Command {
  return new Command('start')
    .description('start the loop that a file describes; starting it twice is harmless')
    .argument('<loop.yaml>', 'the loop')
    .addHelpText(
      'after',
      `
Examples:
  labelloop start loop.yaml
  labelloop --env-file .labelloop/stack.env start loop.yaml --json`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const { readLoopFile } = await import('../../client/loop-file.ts');
      const spec = await readLoopFile(file);
      const { startLoop } = await import('../../client/start-loop.ts');
      const loop = await withTemporal(({ client }) => startLoop(client, spec));
      if (json) console.log(JSON.stringify(loop));
      else
        console.log(
          loop.started
            ? `Started "${spec.loop}" as ${loop.workflowId}. Look with: labelloop status ${file}`
            : `"${spec.loop}" is running already as ${loop.workflowId}; nothing was changed.`,
        );
      if (!loop.sameSettings)
        console.error(
          `warning: it runs with other settings than ${file} has now. A running loop takes change-budget and change-selection; ` +
            'everything else needs a new loop.',
        );
    });
}
