import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CurveMetric, SeededCurve } from '../../core/simulation/learning-curves.ts';
import type { SimulationPlan } from '../../core/simulation/simulate-arm.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly images?: string;
  readonly embeddings?: string;
  readonly strategies: readonly string[];
  readonly first: number;
  readonly batch: number;
  readonly cycles?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly holdOut: number;
  readonly groupBy?: RegExp;
  readonly keep?: Readonly<Record<string, number>>;
  readonly strength: number;
  readonly metric?: Exclude<CurveMetric, 'distinct'>;
  readonly labels?: number;
  readonly target?: number;
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

const defaultCycles = 10;

/** `labelloop simulate`. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('on images that are labelled already: what would each way to ask have bought?')
    .argument(
      '<labels>',
      'a CSV of path,label; or a COCO file, of which it is learned what classes an image shows',
    )
    .option('--images <folder>', "where the paths lie; the images' pixels are learned from")
    .option('--embeddings <file>', 'instead: a feature vector a row, .npy, .arrow, .json or .csv')
    .option(
      '--strategies <names>',
      'with commas: scores, strategies, strategy:score, default (docs/simulation.md)',
      (text) => text.split(',').map((name) => name.trim()),
      ['default', 'random'],
    )
    .option('--first <images>', 'labels at random before the first training', whole(0), 20)
    .option('--batch <images>', 'labels a cycle', whole(1), 20)
    .option('--cycles <number>', `batches (${defaultCycles}, or what --labels needs)`, whole(0))
    .option('--seeds <number>', 'runs of each, with other hold-outs and first images', whole(1), 10)
    .option('--seed <number>', 'the first of the seeds', whole(0), 1)
    .option('--hold-out <share>', 'part that is measured on and never asked', between(0, 1), 0.3)
    .option('--group-by <regex>', "its first group names an image's near-copies; they stay together", pattern)
    .option('--keep <class=share,…>', 'thin classes of the pool, as if the data were skew', shares)
    .option('--strength <number>', "the classifier's: more fits the labels closer", between(0, Infinity), 1)
    .addOption(
      new Option('--metric <name>', 'what is compared')
        .choices(['accuracy', 'macroRecall', 'macroAP', 'macroF1'])
        .default(undefined, 'accuracy; of a COCO file macroAP'),
    )
    .option('--labels <number>', 'say what so many labels would have bought', whole(1))
    .option('--target <value>', 'say how many labels reach this value', between(0, 1))
    .option('--threads <number>', 'worker threads (as many as there are cores)', whole(1))
    .option('--out <folder>', 'where curves.svg, curves.csv and report.txt go')
    .addHelpText(
      'after',
      `
A logistic regression is trained on the labels bought so far, measured on the hold-out, and asked for the next batch. Arms of one seed have
hold-out, pool and first images in common. Equal input and flags give equal numbers.

Examples:
  labelloop simulate labels.csv --images photos --labels 500
  labelloop simulate instances.json --embeddings emb.npy --strategies multi-label-mean,two-stage,random
  labelloop simulate labels.csv --embeddings emb.npy --strategies margin,two-stage,random --target 0.93 --out simulation
  labelloop simulate labels.csv --embeddings emb.npy --strategies default,random --first 0 --batch 10 --cycles 6`,
    )
    .action(async (labels: string, _: unknown, command: Command) => {
      const { stopSignal } = await import('../stop-signal.ts');
      const signal = stopSignal();
      try {
        await simulate(labels, command.optsWithGlobals<Flags>(), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        console.error('Stopped; nothing is written.');
        process.exitCode = 130;
      }
    });
}

async function simulate(file: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const [{ isCoco, readLabelledSet }, { runSimulation }, { simulationReport }, { simulationSplit }] =
    await Promise.all([
      import('../simulate/read-labelled-set.ts'),
      import('../simulate/run-simulation.ts'),
      import('../simulate/simulation-report.ts'),
      import('../../core/simulation/simulation-split.ts'),
    ]);
  const hasPresence = isCoco(file);
  const arms = await armsOf(flags.strategies, hasPresence);
  const metric = metricOf(flags, file, hasPresence);
  const plan = planOf(flags);
  const { groupBy, images, embeddings } = flags;
  const set = await readLabelledSet(
    {
      labels: file,
      ...(images !== undefined && { images }),
      ...(embeddings !== undefined && { embeddings }),
      ...(groupBy && { groupBy }),
    },
    signal,
  );
  const seeds = Array.from({ length: flags.seeds }, (_, index) => flags.seed + index);
  for (const seed of seeds) {
    const { pool } = await inUsage(file, () => simulationSplit(set, plan, seed));
    if (pool.length < (flags.labels ?? 1))
      throw new UsageError(
        `${file}: --labels ${flags.labels ?? 1} are more than the ${pool.length} images that could be asked.`,
      );
  }
  const tasks = seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed })));
  const curves = await withBar(tasks.length, (onDone) =>
    runSimulation(set, plan, tasks, {
      signal,
      onDone,
      ...(flags.threads !== undefined && { threads: flags.threads }),
    }),
  );
  const { labels, target } = flags;
  const report = simulationReport(curves, {
    metric,
    arms: arms.map(({ name }) => name),
    ...(labels !== undefined && { labels }),
    ...(target !== undefined && { target }),
  }).join('\n');
  if (flags.out !== undefined) await writeAll(flags.out, curves, report, { ...flags, metric });
  console.log(flags.json ? JSON.stringify({ metric, curves }) : report);
}

function planOf({ first, batch, cycles, holdOut, keep, strength, labels }: Flags): SimulationPlan {
  const needed = labels === undefined ? defaultCycles : Math.max(0, Math.ceil((labels - first) / batch));
  const plan = { first, batch, cycles: cycles ?? needed, holdOut, strength, ...(keep && { keep }) };
  const most = first + batch * plan.cycles;
  if (labels !== undefined && (labels > most || labels < first))
    throw new UsageError(`--labels ${labels} is outside of what is simulated: ${first} to ${most} labels.`);
  if (most === 0) throw new UsageError('Without --first and --cycles nothing is labelled.');
  return plan;
}

/** Images of a COCO file show any number of classes, so they have no accuracy, nor classes to be thinned by. */
function metricOf({ metric, keep }: Flags, file: string, hasPresence: boolean) {
  const [usual, other] = hasPresence
    ? (['macroAP', 'macroF1'] as const)
    : (['accuracy', 'macroRecall'] as const);
  if (metric !== undefined && metric !== usual && metric !== other)
    throw new UsageError(`${file}: --metric ${metric} is of other labels; here it is ${usual} or ${other}.`);
  if (hasPresence && keep) throw new UsageError(`${file}: --keep is of labels with one class an image.`);
  return metric ?? usual;
}

async function armsOf(names: readonly string[], hasPresence: boolean) {
  const { simulationArm } = await import('../../core/simulation/simulation-arm.ts');
  return inUsage('--strategies', () => [...new Set(names)].map((name) => simulationArm(name, hasPresence)));
}

/** What the domain refuses is the input's fault here. */
async function inUsage<T>(where: string, call: () => T): Promise<T> {
  const { DomainError } = await import('../../core/errors.ts');
  try {
    return call();
  } catch (error) {
    if (error instanceof DomainError) throw new UsageError(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A bar on a terminal's error output; nothing elsewhere. */
async function withBar<T>(total: number, work: (onDone: () => void) => Promise<T>): Promise<T> {
  const { Presets, SingleBar } = await import('cli-progress');
  const format = 'simulating {bar} {value} of {total}, {eta_formatted} left';
  const bar = process.stderr.isTTY
    ? new SingleBar({ format, hideCursor: true, clearOnComplete: true }, Presets.shades_grey)
    : null;
  bar?.start(total, 0);
  try {
    return await work(() => bar?.increment());
  } finally {
    bar?.stop();
  }
}

async function writeAll(
  folder: string,
  curves: readonly SeededCurve[],
  report: string,
  { metric, strategies, seeds }: Flags & { readonly metric: CurveMetric },
): Promise<void> {
  const [{ learningPlot }, { curveMetrics, meanCurve }, { vegaSvg }] = await Promise.all([
    import('../../core/plots/learning-plot.ts'),
    import('../../core/simulation/learning-curves.ts'),
    import('../../workers/vega-svg.ts'),
  ]);
  const means = strategies.map((name) => ({ name, points: meanCurve(curves, name, metric) }));
  const title = `${metric} on the hold-out, mean of ${seeds} seeds (band: 95 % interval)`;
  const [first] = curves.flatMap(({ points }) => points);
  const columns = curveMetrics.filter((name) => first?.[name] !== undefined);
  const lines = curves.flatMap(({ arm, seed, points }) =>
    points.map((point) => [arm, seed, point.labels, ...columns.map((name) => point[name])].join(',')),
  );
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'curves.svg'), await vegaSvg(learningPlot(means, metric, title))),
    writeFile(
      join(folder, 'curves.csv'),
      `${[['strategy,seed,labels', ...columns].join(','), ...lines].join('\n')}\n`,
    ),
    writeFile(join(folder, 'report.txt'), `${report}\n`),
  ]);
}

function whole(from: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from) return value;
    throw new InvalidArgumentError(`It is a whole number from ${from} on.`);
  };
}

function between(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value > low && value < high) return value;
    throw new InvalidArgumentError(`It is a number between ${low} and ${high}.`);
  };
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function shares(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.lastIndexOf('=');
      const share = Number(part.slice(at + 1));
      if (at > 0 && share >= 0 && share <= 1) return [part.slice(0, at).trim(), share];
      throw new InvalidArgumentError(`"${part}" is not class=share, with a share in 0..1.`);
    }),
  );
}
