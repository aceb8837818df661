import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeArray } from '../bin/arrays/write-array.ts';
import { hashUnit } from '../core/hash.ts';
import { fusedScores } from '../core/scores/fused-scores.ts';
import { scoreArray } from '../core/scores/score-array.ts';
import { highestRows } from '../core/selection/highest-rows.ts';
import { packageFile } from '../stack/program-entry.ts';
import { ensurePythonVenv } from '../stack/python-venv.ts';
import { runCommand } from '../stack/run-command.ts';
import { Bounds } from './bounds.ts';

const classes = 10;
const wanted = 1000;
/** Ours and numpy's in turn, so that what else the machine does falls on both. */
const rounds = 4;

interface NumpyTimes {
  readonly version: string;
  /** Seconds of the best run. */
  readonly three: number;
  readonly recipe: number;
  readonly chosen: readonly number[];
  readonly sums: readonly number[];
}

/**
 * Three scores of a million rows of ten float32 probabilities in one pass, beside numpy as scikit-activeml uses it; and the 1,000 lowest of a million `pred_score`s, beside the
 * recipe's list, sort and filter. The best of some runs each.
 */
export async function benchScores(rows = 1_000_000): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-scores-'));
  try {
    const python = await numpyPython();
    const probabilities = randomProbabilities(rows);
    const { margin } = fusedScores(probabilities, classes);
    const predScores = margin.map((informativeness) => 1 - informativeness);
    const files = { probs: join(folder, 'probs.npy'), scores: join(folder, 'scores.npy') };
    await writeArray(files.probs, { shape: [rows, classes], data: probabilities });
    await writeArray(files.scores, { shape: [rows], data: predScores });

    const seconds = { fused: Infinity, exact: Infinity, top: Infinity, three: Infinity, recipe: Infinity };
    const take = (name: keyof typeof seconds, value: number) => {
      seconds[name] = Math.min(seconds[name], value);
    };
    for (let round = 0; round < rounds; round++) {
      for (let run = 0; run < 3; run++) {
        take(
          'fused',
          secondsOf(() => fusedScores(probabilities, classes)),
        );
        take(
          'top',
          secondsOf(() => highestRows(margin, wanted, tieOf)),
        );
      }
      take(
        'exact',
        secondsOf(() => scoreArray({ shape: [rows, classes], data: probabilities }, exactNames)),
      );
      const numpy = await numpyTimes(python, folder, files);
      take('three', numpy.three);
      take('recipe', numpy.recipe);
      if (round === 0) assertSame(numpy, probabilities, margin);
    }
    for (const [name, value] of Object.entries(seconds))
      console.log(`${labels[name]}: ${(value * 1000).toFixed(1)} ms`);
    const bounds = new Bounds();
    bounds.atLeast("three scores in one pass, as times of numpy's speed", seconds.three / seconds.fused, 2);
    bounds.atLeast("the 1,000 to ask, as times of the recipe's speed", seconds.recipe / seconds.top, 50);
    bounds.assert();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const exactNames = ['least-confidence', 'margin', 'entropy'] as const;
const labels: Readonly<Record<string, string>> = {
  fused: 'ours, three scores in one pass',
  exact: 'ours, three exact scores, every row judged',
  top: 'ours, the 1,000 to ask',
  three: 'numpy, three scores',
  recipe: 'the recipe, the 1,000 to ask',
};

/** Exponential numbers scaled to a sum of 1: anything from sure to unsure. */
function randomProbabilities(rows: number): Float32Array {
  const data = new Float32Array(rows * classes);
  let state = 1;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    const start = row * classes;
    for (let index = start; index < start + classes; index++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const value = -Math.log((state + 1) / 2 ** 32);
      data[index] = value;
      sum += value;
    }
    for (let index = start; index < start + classes; index++) data[index] = (data[index] ?? NaN) / sum;
  }
  return data;
}

function tieOf(row: number): number {
  return hashUnit('tie', String(row));
}

function secondsOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

async function numpyPython(): Promise<string> {
  const bin = await ensurePythonVenv({
    venvDir: resolve('.labelloop/venv'),
    name: 'numpy',
    env: process.env,
    report: (message) => console.log(`numpy: ${message}`),
  });
  return join(bin, 'python');
}

async function numpyTimes(
  python: string,
  folder: string,
  files: { probs: string; scores: string },
): Promise<NumpyTimes> {
  const answer = join(folder, 'answer.json');
  const script = packageFile(import.meta.url, 'bench/scores_numpy.py');
  const { code, lines } = await runCommand(python, [
    script,
    answer,
    files.probs,
    files.scores,
    String(wanted),
  ]);
  if (code !== 0) throw new Error(`numpy failed:\n${lines.join('\n')}`);
  return JSON.parse(await readFile(answer, 'utf8')) as NumpyTimes;
}

/** @throws Error when one of the two computes something else: then there is nothing to compare. */
function assertSame(numpy: NumpyTimes, probabilities: Float32Array, margin: Float64Array): void {
  const ours = fusedScores(probabilities, classes);
  const sums = [ours.leastConfidence, ours.margin, ours.entropy].map((scores) =>
    scores.reduce((sum, one) => sum + one, 0),
  );
  sums.forEach((sum, index) => {
    const theirs = numpy.sums[index] ?? NaN;
    if (!(Math.abs(sum - theirs) < 1e-5 * sum)) throw new Error(`Sum ${index} is ${sum}, numpy's ${theirs}.`);
  });
  const chosen = new Set(numpy.chosen);
  const missing = [...highestRows(margin, wanted, tieOf)].filter((row) => !chosen.has(row));
  if (missing.length > 0) throw new Error(`The recipe does not choose ${missing.length} of our rows.`);
}
