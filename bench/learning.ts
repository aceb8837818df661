import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitOf } from '../core/splits.ts';
import { hashUnit } from '../core/hash.ts';
import { classificationMetrics } from '../core/metrics/classification-metrics.ts';
import { confusionMatrix } from '../core/metrics/confusion-matrix.ts';
import { predScore } from '../core/scores/pred-score.ts';
import { marginScores } from '../core/scores/margin.ts';
import { BatchSelector } from '../core/selection/batch-selector.ts';
import { digitsLoop, digitsSplits } from '../demo/arms.ts';
import { writeDigits } from '../demo/digits.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { LocalModelTrainer } from '../models/local-trainer.ts';
import { packageFile } from '../stack/program-entry.ts';

const seeds = [1, 2, 3];
const cycles = 6;

/**
 * Whether active learning pays on the demo's digits: 20 first labels, then 5 batches of 20, by margin and at random, over three seeds, with
 * the loop's own trainer, runner, score and selector, without servers.
 *
 * @throws Error when margin gains 0.25 or less from first to last, or beats random by 0.05 or less.
 */
export async function benchLearning(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const curves = { margin: [] as number[][], random: [] as number[][] };
    for (const seed of seeds)
      for (const strategy of ['margin', 'random'] as const) {
        const curve = await learningCurve(strategy, seed, join(folder, String(seed)));
        curves[strategy].push(curve);
        console.log(`seed ${seed}  ${strategy.padEnd(6)}  ${shown(curve)}`);
      }
    const margin = mean(curves.margin);
    const random = mean(curves.random);
    console.log(`mean    margin  ${shown(margin)}\nmean    random  ${shown(random)}`);
    const gain = (margin.at(-1) ?? 0) - (margin[0] ?? 0);
    const lead = (margin.at(-1) ?? 0) - (random.at(-1) ?? 0);
    console.log(`last − first ${gain.toFixed(3)} (> 0.25)   margin − random ${lead.toFixed(3)} (> 0.05)`);
    if (!(gain > 0.25 && lead > 0.05)) throw new Error('Active learning does not pay as it should.');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Macro recall on the hold-out after each training. */
async function learningCurve(strategy: 'margin' | 'random', seed: number, folder: string): Promise<number[]> {
  const spec = digitsLoop(strategy, { seed, cycles: cycles - 1 });
  const python = packageFile(import.meta.url, '.labelloop/venv/mlflow');
  const digits = await writeDigits(python, folder, { ratios: digitsSplits, seed });
  const split = (name: string) => splitOf(name, digitsSplits, seed);
  const drawn = (purpose: string, names: readonly string[]) =>
    [...names].sort((a, b) => hashUnit(`${seed}/${purpose}`, a) - hashUnit(`${seed}/${purpose}`, b));
  const names = [...digits.truth.keys()];
  const holdOut = names.filter((name) => split(name) === 'test');
  const valid = drawn(
    'validation',
    names.filter((name) => split(name) === 'valid'),
  ).slice(0, spec.validation.images);
  const train = drawn(
    'first',
    names.filter((name) => split(name) === 'train'),
  );
  const labelled = new Set(train.slice(0, spec.selection.firstImages));

  const trainer = new LocalModelTrainer({ device: 'cpu' });
  const runner = new LocalModelRunner({ threads: 1 });
  const example = (name: string) => ({
    id: name,
    file: join(digits.folder, name),
    truth: { label: digits.truth.get(name) ?? '' },
  });
  const curve: number[] = [];
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const model = await trainer.train(
        {
          jobDir: join(folder, `${strategy}-${cycle}`),
          jobId: `${strategy}/${cycle}`,
          cycle,
          seed,
          task: 'classification',
          classes: spec.classes,
          input: spec.training.input,
          train: [...labelled].map(example),
          valid: valid.map(example),
          maxSeconds: 300,
          params: {},
          trainer: 'built-in',
        },
        { progress: () => undefined, alive: () => undefined },
        new AbortController().signal,
      );
      const loaded = await runner.load(model.modelDir);
      const probabilities = async (of: readonly string[]): Promise<(readonly number[])[]> => {
        const items = await Promise.all(
          of.map(async (name) => ({ id: name, bytes: await readFile(join(digits.folder, name)) })),
        );
        return (await loaded.classify(items)).map((one) => ('unreadable' in one ? [] : one.probabilities));
      };
      const predicted = (await probabilities(holdOut)).map((row) => row.indexOf(Math.max(...row)));
      const truth = holdOut.map((name) => spec.classes.indexOf(digits.truth.get(name) ?? ''));
      curve.push(classificationMetrics(confusionMatrix(truth, predicted, spec.classes.length)).macroRecall);

      const pool = train.filter((name) => !labelled.has(name));
      const selector = new BatchSelector(
        { strategy: strategy === 'random' ? 'random' : 'top-k', maxImages: 20, maxScore: 1, randomShare: 0 },
        `${seed}/${cycle}`,
      );
      const informativeness = marginScores(await probabilities(pool));
      pool.forEach((name, index) => selector.offer(name, predScore(informativeness[index] ?? NaN)));
      for (const { key } of selector.choose()) labelled.add(key);
    }
  } finally {
    await runner.close();
  }
  return curve;
}

function mean(curves: readonly (readonly number[])[]): number[] {
  return (curves[0] ?? []).map(
    (_, index) => curves.reduce((sum, curve) => sum + (curve[index] ?? 0), 0) / curves.length,
  );
}

function shown(curve: readonly number[]): string {
  return curve.map((value) => value.toFixed(3)).join(' ');
}
