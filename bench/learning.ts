import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitOf } from '../core/splits.ts';
import { hashUnit } from '../core/hash.ts';
import { classificationMetrics } from '../core/metrics/classification-metrics.ts';
import { confusionMatrix } from '../core/metrics/confusion-matrix.ts';
import type { Classified } from '../core/ports.ts';
import { predScore } from '../core/scores/pred-score.ts';
import { marginScores } from '../core/scores/margin.ts';
import { BatchSelector } from '../core/selection/batch-selector.ts';
import { select } from '../core/selection/select.ts';
import { digitsLoop, digitsSplits } from '../demo/arms.ts';
import { writeDigits } from '../demo/digits.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { LocalModelTrainer } from '../models/local-trainer.ts';
import { packageFile } from '../stack/program-entry.ts';

const seeds = [1, 2, 3];
const cycles = 6;
const batch = 20;
const arms = ['margin', 'two-stage', 'random'] as const;
type Arm = (typeof arms)[number];

/**
 * Whether active learning pays on the demo's digits: 20 first labels, then 5 batches of 20, by margin, by two-stage (β = 10) and at random, over three
 * seeds, with the loop's own trainer, runner, score and selectors, without servers.
 *
 * @throws Error when margin gains 0.25 or less from first to last, or beats random by 0.05 or less.
 */
export async function benchLearning(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const curves = {
      margin: new Array<number[]>(),
      'two-stage': new Array<number[]>(),
      random: new Array<number[]>(),
    };
    for (const seed of seeds)
      for (const strategy of arms) {
        const curve = await learningCurve(strategy, seed, join(folder, String(seed)));
        curves[strategy].push(curve);
        console.log(`seed ${seed}  ${strategy.padEnd(9)}  ${shown(curve)}`);
      }
    const margin = mean(curves.margin);
    const random = mean(curves.random);
    for (const arm of arms) console.log(`mean    ${arm.padEnd(9)}  ${shown(mean(curves[arm]))}`);
    const gain = (margin.at(-1) ?? 0) - (margin[0] ?? 0);
    const lead = (margin.at(-1) ?? 0) - (random.at(-1) ?? 0);
    console.log(`last − first ${gain.toFixed(3)} (> 0.25)   margin − random ${lead.toFixed(3)} (> 0.05)`);
    if (!(gain > 0.25 && lead > 0.05)) throw new Error('Active learning does not pay as it should.');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Macro recall on the hold-out after each training. */
async function learningCurve(strategy: Arm, seed: number, folder: string): Promise<number[]> {
  const spec = digitsLoop(strategy === 'random' ? 'random' : 'margin', { seed, cycles: cycles - 1 });
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
      const answers = async (of: readonly string[]): Promise<Classified[]> => {
        const items = await Promise.all(
          of.map(async (name) => ({
            id: name,
            bytes: await readFile(join(digits.folder, name)),
            embed: true,
          })),
        );
        return (await loaded.classify(items)).flatMap((one) => ('unreadable' in one ? [] : [one]));
      };
      const predicted = (await answers(holdOut)).map(({ probabilities: row }) =>
        row.indexOf(Math.max(...row)),
      );
      const truth = holdOut.map((name) => spec.classes.indexOf(digits.truth.get(name) ?? ''));
      curve.push(classificationMetrics(confusionMatrix(truth, predicted, spec.classes.length)).macroRecall);

      const said = await answers(train);
      for (const name of strategy === 'two-stage' ? twoStage(said, cycle) : fromStream(said, cycle))
        labelled.add(name);
    }
  } finally {
    await runner.close();
  }
  return curve;

  function fromStream(said: readonly Classified[], cycle: number): string[] {
    const rule = {
      strategy: strategy === 'random' ? 'random' : 'top-k',
      maxImages: batch,
      maxScore: 1,
      randomShare: 0,
    } as const;
    const selector = new BatchSelector(rule, `${seed}/${cycle}`);
    const pool = said.filter(({ id }) => !labelled.has(id));
    const informativeness = marginScores(pool.map(({ probabilities }) => probabilities));
    pool.forEach(({ id }, index) => selector.offer(id, predScore(informativeness[index] ?? NaN)));
    return selector.choose().map(({ key }) => key);
  }

  function twoStage(said: readonly Classified[], cycle: number): string[] {
    const columns = said[0]?.embedding?.length ?? 0;
    const embeddings = { columns, values: new Float32Array(said.length * columns) };
    said.forEach(({ embedding = [] }, row) => embeddings.values.set(embedding, row * columns));
    const ids = said.map(({ id }) => id);
    const input = {
      ids,
      embeddings,
      informativeness: Float64Array.from(marginScores(said.map(({ probabilities }) => probabilities))),
      labelled: ids.flatMap((id, row) => (labelled.has(id) ? [row] : [])),
    };
    const rules = { strategy: 'two-stage', size: batch, seed: `${seed}/${cycle}` } as const;
    return select(input, rules).chosen.map(({ id }) => id);
  }
}

function mean(curves: readonly (readonly number[])[]): number[] {
  return (curves[0] ?? []).map(
    (_, index) => curves.reduce((sum, curve) => sum + (curve[index] ?? 0), 0) / curves.length,
  );
}

function shown(curve: readonly number[]): string {
  return curve.map((value) => value.toFixed(3)).join(' ');
}
