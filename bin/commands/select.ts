import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Selection } from '../../core/selection/select.ts';
import { strategyNames, type StrategyName } from '../../core/selection/strategy-names.ts';
import type { PoolFiles } from '../select/read-pool.ts';

interface Flags extends PoolFiles {
  readonly strategy?: StrategyName;
  readonly size: number;
  readonly seed: string;
  readonly out?: string;
  readonly randomShare?: number;
  readonly minScore?: number;
  readonly nearDuplicates?: number;
  readonly balanceClasses?: boolean;
  readonly beta?: number;
  readonly alpha?: number;
  readonly radius?: number;
  readonly neighbours?: number;
  readonly scoreStrength: number;
  readonly distanceStrength: number;
  readonly json?: boolean;
}

/** Quarantined rows that are named; the rest is counted. */
const namedRows = 10;

/** `labelloop select`. */
export function selectCommand(): Command {
  const share = number(0, 1);
  return new Command('select')
    .description('choose a batch from files of scores and embeddings, without a loop')
    .option('--scores <file>', 'a score a row, higher is chosen first: .npy, .arrow, .json or .csv')
    .option('--score-column <name>', 'the column of --scores, where it has several')
    .option('--probabilities <file>', 'probabilities by class, a row each')
    .option('--embeddings <file>', 'a feature vector a row')
    .option('--ids <file>', "the rows' ids: a JSON list, or one a line; row numbers by default")
    .option('--labelled <file>', 'ids that are labelled: never chosen, and kept away from')
    .option('--exclude <file>', 'ids that must not be chosen')
    .addOption(
      new Option('--strategy <name>', 'default: two-stage, or what the files allow').choices(strategyNames),
    )
    .addOption(new Option('--size <rows>', 'rows of the batch').argParser(whole(1)).makeOptionMandatory())
    .option('--seed <text>', 'decides ties and draws', '1')
    .option('--random-share <0..1>', 'part of the batch drawn at random', share)
    .option('--min-score <score>', 'rows with a lower score come at random only', number(-Infinity, Infinity))
    .option('--near-duplicates <cosine>', 'from this cosine on two rows count as one', share)
    .option('--balance-classes', 'level the likeliest classes, the labelled ones counted')
    .option('--beta <times>', 'two-stage: candidates for a place (10)', number(1, Infinity))
    .option('--alpha <0..1>', 'ranked-batch: weight of the distance (0.5)', share)
    .option('--radius <distance>', 'probcover: of a ball, up to 2 (by the purity rule)', number(0, 2))
    .option('--neighbours <count>', 'typiclust: neighbours that count (20)', whole(1))
    .option('--score-strength <exponent>', 'product: of the score', number(0, Infinity), 1)
    .option('--distance-strength <exponent>', 'product: of the distance', number(0, Infinity), 1)
    .option('--out <file>', 'where the ids go, as a JSON list; stdout by default, one a line')
    .addHelpText(
      'after',
      `
Equal files, options and seed give the equal batch, in whatever order the rows stand (docs/selection.md).

Examples:
  labelloop select --scores scores.npy --embeddings emb.npy --strategy two-stage --size 100 --seed 7 --out ids.json
  labelloop select --embeddings emb.npy --ids paths.txt --labelled done.txt --strategy typiclust --size 40
  labelloop select --probabilities probs.npy --embeddings emb.npy --strategy badge --size 100 --json`,
    )
    .action(async (_: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const selection = await selectFromFiles(flags);
      const ids = selection.chosen.map(({ id }) => id);
      if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify(ids)}\n`);
      if (flags.json) console.log(JSON.stringify(selection));
      else if (flags.out === undefined) console.log(ids.join('\n'));
      if (!flags.json) console.error(summary(selection).join('\n'));
    });
}

async function selectFromFiles(flags: Flags): Promise<Selection> {
  const [{ readPool }, { select }, { likeliestClass }] = await Promise.all([
    import('../select/read-pool.ts'),
    import('../../core/selection/select.ts'),
    import('../../core/selection/class-turns.ts'),
  ]);
  const pool = await readPool(flags);
  const { strategy, size, seed, randomShare, minScore, nearDuplicates, beta, alpha, radius, neighbours } =
    flags;
  const classes = pool.probabilities?.columns;
  const labels = new Array<number>(classes ?? 0).fill(0);
  for (const row of pool.labelled ?? [])
    if (pool.probabilities) {
      const one = likeliestClass(pool.probabilities, row);
      labels[one] = (labels[one] ?? 0) + 1;
    }
  return select(pool, {
    size,
    seed,
    ...(strategy !== undefined && { strategy }),
    ...(randomShare !== undefined && { randomShare }),
    ...(minScore !== undefined && { minInformativeness: minScore }),
    ...(nearDuplicates !== undefined && { nearDuplicates }),
    ...(flags.balanceClasses && { quotas: { weights: labels.map(() => 1), labels } }),
    options: {
      strengths: { score: flags.scoreStrength, distance: flags.distanceStrength },
      ...(beta !== undefined && { beta }),
      ...(alpha !== undefined && { alpha }),
      ...(radius !== undefined && { radius }),
      ...(neighbours !== undefined && { neighbours }),
      ...(classes !== undefined && { classes }),
    },
  });
}

function summary({ strategy, chosen, pool, short, quarantined }: Selection): string[] {
  return [
    `Chose ${chosen.length} of ${pool} by ${strategy}${short ? ', which is all that could be chosen' : ''}.`,
    ...quarantined.slice(0, namedRows).map(({ id, reason }) => `Left out "${id}": ${reason}.`),
    ...(quarantined.length > namedRows ? [`Left out ${quarantined.length - namedRows} more.`] : []),
  ];
}

function number(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It is a number from ${from} to ${to}.`);
  };
}

function whole(from: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= from) return value;
    throw new InvalidArgumentError(`It is a whole number from ${from} on.`);
  };
}
