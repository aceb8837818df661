import { Command } from 'commander';
import { withTemporal } from '../with-temporal.ts';

/** `labelloop collect loop.yaml`. */
export function collectCommand(): Command {
  return new Command('collect')
    .description('take over what people corrected, deleted or answered after a loop has ended')
    .argument('<loop.yaml>', 'the loop')
    .addHelpText(
      'after',
      `
A worker of the queue "loop" does it; a loop that runs does it by itself at the end of each cycle.

Example:
  labelloop --env-file .labelloop/stack.env collect loop.yaml`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const [{ readLoopFile }, { collectLoop }, { staleSentences }] = await Promise.all([
        import('../../client/loop-file.ts'),
        import('../../client/collect-loop.ts'),
        import('../../core/stale.ts'),
      ]);
      const spec = await readLoopFile(file);
      const reviews = await withTemporal(({ client }) => collectLoop(client, spec));
      const stale = [...new Set(reviews.flatMap((review) => review.stale ?? []))];
      const collected = reviews.reduce((sum, review) => sum + review.collected, 0);
      console.log(
        json
          ? JSON.stringify(reviews)
          : [
              reviews.length === 0
                ? 'Nothing has changed since the last collection.'
                : `Annotations collected: ${collected}, from ${reviews.length} of the reviews.`,
              ...staleSentences(stale),
            ].join('\n'),
      );
    });
}
