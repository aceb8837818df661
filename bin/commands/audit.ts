import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { auditTable } from '../audit-table.ts';

interface Flags {
  readonly json?: boolean;
  readonly ledger?: string;
}

/** `labelloop audit loop.yaml`. */
export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'prove that what was asked is answered, skipped, open or withdrawn, label by label, and who said what',
    )
    .argument('<loop.yaml>', 'the loop')
    .option(
      '--ledger <file>',
      "write the datapoints' ledgers as lines of JSON: what was sent, answered, skipped and deleted, by whom and when",
    )
    .addHelpText(
      'after',
      `
Reads the Data Engine, Label Studio and MLflow, by the variables that a worker has, and changes nothing. Ends with 1 when something is lost or doubled.

Examples:
  labelloop --env-file .labelloop/stack.env audit loop.yaml
  labelloop --env-file .labelloop/stack.env audit loop.yaml --ledger ledger.jsonl`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { json, ledger } = command.optsWithGlobals<Flags>();
      const [{ readLoopFile }, { readWorkerConfig }, { createDeps }, { auditLoop }] = await Promise.all([
        import('../../client/loop-file.ts'),
        import('../../workers/config.ts'),
        import('../../workers/create-deps.ts'),
        import('../../client/audit-loop.ts'),
      ]);
      const spec = await readLoopFile(file);
      const deps = createDeps(readWorkerConfig({ ...process.env, LABELLOOP_REPO: spec.repo }, ['loop']));
      try {
        const { engine, board, tracker } = deps;
        if (!board) throw new Error('the queue "loop" has a board');
        const audit = await auditLoop({ engine, board, tracker }, spec);
        const { lines, faults, uncollected, stale, agreement, ledger: stored } = audit;
        if (ledger !== undefined)
          await writeFile(ledger, stored.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
        console.log(
          json ? JSON.stringify({ lines, faults, uncollected, stale, agreement }) : auditTable(audit),
        );
        if (faults.length > 0) process.exitCode = 1;
      } finally {
        await deps.close();
      }
    });
}
