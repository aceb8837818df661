import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { codecServerCommand } from './commands/codec-server.ts';
import { auditCommand } from './commands/audit.ts';
import { annotateCommand } from './commands/annotate.ts';
import { collectCommand } from './commands/collect.ts';
import { convertCommand } from './commands/convert.ts';
import { explainCommand } from './commands/explain.ts';
import { loopCommands } from './commands/loop-commands.ts';
import { replayCommand } from './commands/replay.ts';
import { selectCommand } from './commands/select.ts';
import { scoreCommand } from './commands/score.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { traceCommand } from './commands/trace.ts';
import { trainerCommand } from './commands/trainer.ts';
import { webhookCommand } from './commands/webhook.ts';
import { workerCommand } from './commands/worker.ts';
import { loadEnvFile } from './load-env-file.ts';
import { parts } from './parts.ts';

/**
 * The whole command line. Commands load what they need when they run, and the parts of other folders only when they are named, so that
 * `--help` is instant.
 */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('labelloop')
    .description('A durable active-learning pipeline for image datasets.')
    .version(version())
    .option('--env-file <file>', 'read KEY=VALUE lines into the environment; what is set already stays')
    .option('--json', 'answer in JSON')
    .option('--verbose', 'show where an error came from')
    .addHelpText(
      'after',
      `
Examples:
  labelloop demo
  labelloop stack --root s3://teeth/data=./images
  labelloop --env-file .labelloop/stack.env worker --queues loop,infer,train
  labelloop --env-file .labelloop/stack.env start loop.yaml
  labelloop status loop.yaml --watch
  labelloop close-review loop.yaml --why "enough for this week"

Exit codes: 0 done, 1 failed, 2 wrong input, 3 no such loop.`,
    );
  const named = parts.filter(({ name }) => argv.includes(name));
  const real = await Promise.all(named.map(({ load }) => load()));
  const commands = [
    startCommand(),
    statusCommand(),
    ...loopCommands(),
    annotateCommand(),
    auditCommand(),
    traceCommand(),
    collectCommand(),
    workerCommand(),
    webhookCommand(),
    codecServerCommand(),
    convertCommand(),
    trainerCommand(),
    selectCommand(),
    explainCommand(),
    replayCommand(),
    scoreCommand(),
    simulateCommand(),
    ...real,
    ...parts
      .filter((part) => !named.includes(part))
      .map(({ name, description }) => new Command(name).description(description)),
  ];
  for (const command of commands) program.addCommand(command);
  program.hook('preAction', (_, action) => {
    const { envFile, ...flags } = program.opts<{ envFile?: string; json?: boolean; verbose?: boolean }>();
    if (envFile !== undefined) loadEnvFile(envFile);
    // A part may have flags of these names itself; the program has taken them.
    for (const [key, value] of Object.entries(flags))
      if (action.options.some((option) => option.attributeName() === key))
        action.setOptionValueWithSource(key, value, 'cli');
  });
  throwInsteadOfExit(program);
  return program;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureHelp({ showGlobalOptions: true });
  for (const child of command.commands) throwInsteadOfExit(child);
}

function version(): string {
  // Jest gives a path where Node gives an URL.
  const here = import.meta.url.startsWith('file:') ? import.meta.url : `file://${import.meta.url}`;
  const file = new URL(here.endsWith('.ts') ? '../package.json' : '../../package.json', here);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
