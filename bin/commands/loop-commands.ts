import { Command, InvalidArgumentError, Option } from 'commander';
import type { LoopCommand } from '../../client/command-loop.ts';
import { loopScoreNames, type LoopScoreName } from '../../core/scores/score-names.ts';
import { strategyNames, type StrategyName } from '../../core/selection/strategy-names.ts';
import { UsageError } from '../usage-error.ts';
import { withTemporal } from '../with-temporal.ts';

interface Flags {
  readonly why: string;
  readonly by?: string;
  readonly commandId?: string;
  readonly json?: boolean;
  readonly labels?: number;
  readonly cycles?: number;
  readonly score?: LoopScoreName;
  readonly strategy?: StrategyName;
  readonly beta?: number;
  readonly nearDuplicates?: number;
  readonly maxImages?: number;
  readonly maxScore?: number;
  readonly randomShare?: number;
  readonly set?: string;
}

/** What a person tells a running loop: `close-review`, `pause`, `resume`, `stop`, `change-budget`, `change-stop`, `change-selection`, `exclude`, `withdraw`. */
export function loopCommands(): Command[] {
  return [
    order('close-review', 'go on with what is answered; late answers are still collected', () => ({
      name: 'closeReview',
    })),
    order('pause', 'stay where it is after the step that is running', () => ({ name: 'pause' })),
    order('resume', 'go on after a pause', () => ({ name: 'resume' })),
    order('stop', 'end the loop; answers that are there are collected first', () => ({ name: 'stop' })),
    order(
      'change-budget',
      'another limit of labels or cycles; the batch that is open follows',
      ({ labels, cycles }) => {
        if (labels === undefined && cycles === undefined)
          throw new UsageError('Give --labels, --cycles or both.');
        return {
          name: 'changeBudget',
          ...(labels !== undefined && { labels }),
          ...(cycles !== undefined && { cycles }),
        };
      },
    )
      .option('--labels <number>', 'training labels to buy at most', wholeNumber)
      .option('--cycles <number>', 'batches to select at most', wholeNumber),
    order('change-stop', 'another rule to end by, from now on', async ({ set }) => ({
      name: 'changeStop',
      stop: await stopRules(set ?? ''),
    })).requiredOption('--set <rules>', 'as under stop: in loop.yaml; null takes a rule away'),
    order(
      'change-selection',
      'another choice of images, from the next batch on; of --max-images the open one follows',
      ({ score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare }) => {
        const given = [score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare];
        if (given.every((value) => value === undefined))
          throw new UsageError(
            'Give --score, --strategy, --beta, --near-duplicates, --max-images, --max-score, --random-share or several of them.',
          );
        return {
          name: 'changeSelection',
          ...(score !== undefined && { score }),
          ...(strategy !== undefined && { strategy }),
          ...(beta !== undefined && { beta }),
          ...(nearDuplicates !== undefined && { nearDuplicates }),
          ...(maxImages !== undefined && { maxImages }),
          ...(maxScore !== undefined && { maxScore }),
          ...(randomShare !== undefined && { randomShare }),
        };
      },
    )
      .addOption(
        new Option('--score <name>', 'what a label would tell, from the next model on').choices(
          loopScoreNames,
        ),
      )
      .addOption(
        new Option('--strategy <name>', 'how a batch is chosen (docs/selection.md)').choices(strategyNames),
      )
      .option('--beta <times>', 'two-stage: candidates for a place, 1 or more', fromOne)
      .option('--near-duplicates <cosine>', 'from this cosine on two images count as one, 0 to 1', share)
      .option('--max-images <number>', 'images a cycle', wholeNumber)
      .option('--max-score <number>', 'images with a higher pred_score are not asked, 0 to 1', share)
      .option('--random-share <number>', 'part of each batch drawn at random, 0 to 1', share),
    order('exclude', 'never ask these images again; open tasks are withdrawn, answers stay', (_, paths) => ({
      name: 'excludeDatapoint',
      paths,
    })).argument('<paths...>', 'images, from the root of the datasource'),
    order('withdraw', 'take these images out of the open review; a later batch may ask them', (_, paths) => ({
      name: 'withdrawTask',
      paths,
    })).argument('<paths...>', 'images, from the root of the datasource'),
  ];
}

function order(
  name: string,
  description: string,
  commandOf: (flags: Flags, paths: readonly string[]) => LoopCommand | Promise<LoopCommand>,
): Command {
  return new Command(name)
    .description(description)
    .argument('<loop>', 'loop.yaml, or a workflow id')
    .requiredOption('--why <text>', 'the reason, kept with the loop')
    .option('--by <name>', 'who decides (default: the user of this machine)')
    .option('--command-id <id>', 'repeats a command that may have been carried out already')
    .addHelpText(
      'after',
      `
Example:
  labelloop ${name} loop.yaml${examplePaths[name] ?? ''} --why "the team is away until Monday"${exampleFlags[name] ?? ''}`,
    )
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const [loop, paths = []] = command.processedArgs as [string, string[]?];
      const flags = command.optsWithGlobals<Flags>();
      const { why, by, commandId } = flags;
      if (why.trim() === '') throw new UsageError('--why is empty; it is kept for the audit.');
      const wanted = await commandOf(flags, paths);
      const { resolveLoop } = await import('../../client/resolve-loop.ts');
      const workflowId = await resolveLoop(loop);
      const { commandLoop } = await import('../../client/command-loop.ts');
      const status = await withTemporal(({ client }) =>
        commandLoop(client, workflowId, wanted, {
          why,
          ...(by !== undefined && { by }),
          ...(commandId !== undefined && { commandId }),
        }),
      );
      const paused = status.paused && status.phase !== 'paused' ? ', pausing after this step' : '';
      console.log(
        flags.json
          ? JSON.stringify(status)
          : `${name}: accepted. ${status.loop} is at cycle ${status.cycle}, ${status.phase}${paused}.`,
      );
    });
}

const examplePaths: Readonly<Record<string, string>> = {
  exclude: ' patient-7/left.png patient-7/right.png',
  withdraw: ' patient-7/left.png',
};

const exampleFlags: Readonly<Record<string, string>> = {
  'change-budget': ' --labels 2000',
  'change-stop': ' --set "{ metric: 0.97, plateau: null }"',
  'change-selection': ' --max-images 200 --random-share 0.1',
};

/** @throws UsageError when it is no mapping. Whether its rules can be, the loop says. */
async function stopRules(text: string): Promise<Extract<LoopCommand, { name: 'changeStop' }>['stop']> {
  const { parse } = await import('yaml');
  try {
    const rules: unknown = parse(text);
    if (typeof rules === 'object' && rules !== null && !Array.isArray(rules)) return rules;
  } catch {
    // Said below.
  }
  throw new UsageError(
    `--set is ${JSON.stringify(text)}; give rules such as "{ metric: 0.97, plateau: null }".`,
  );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}

function fromOne(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 1 && value < Infinity))
    throw new InvalidArgumentError('Give a number from 1.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Give a number from 0 to 1.');
  return value;
}
