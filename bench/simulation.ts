import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNpy } from '../core/formats/npy.ts';
import { studentInterval } from '../core/metrics/student-interval.ts';
import { seededRandom } from '../core/seeded-random.ts';
import {
  areaGain,
  labelsToReach,
  meanCurve,
  type CurveMetric,
  type SeededCurve,
} from '../core/simulation/learning-curves.ts';
import { readDigitRows } from '../demo/digit-rows.ts';
import { packageFile } from '../stack/program-entry.ts';
import { Bounds } from './bounds.ts';

/** Where the digits and the curves go; docs/simulation.md names it. */
const folder = '.labelloop/bench/simulation';
const copies = 5;

/** The command of docs/simulation.md for each set-up, without its files. */
const setUps = {
  target: 'digits --strategies margin,two-stage,random --batch 10 --cycles 24 --target 0.93',
  zero: 'digits --strategies default,random --first 0 --batch 10 --cycles 6',
  copies: 'copies --group-by (digit-\\d+) --strategies two-stage,margin,random --batch 20 --cycles 8',
  skew: 'digits --keep 5=0.08,6=0.08,7=0.08,8=0.08,9=0.08 --metric macroRecall --strategies two-stage,margin,random --batch 10 --cycles 8',
};

/**
 * What labels buy on scikit-learn's handwritten digits, through `labelloop simulate`, ten seeds: labels to 93 %, from zero labels, among near-copies,
 * and with rare classes.
 *
 * @throws Error when a bound is missed.
 */
export async function benchSimulation(): Promise<void> {
  const bounds = new Bounds();
  await writeSets();
  const target = await simulated('target');
  const labels = (arm: string) => labelsToReach(meanCurve(target, arm, 'accuracy'), 0.93) ?? Infinity;
  bounds.below('labels to 93 %, margin', labels('margin'), 136);
  console.log(`labels to 93 %, random: ${labels('random').toFixed(0)}`);

  const zero = await simulated('zero');
  bounds.atLeast(
    'from zero labels, mean lead over random',
    areaGain(zero, 'default', 'random', 'accuracy').value,
    0.12,
  );

  const near = await simulated('copies');
  bounds.atLeast('among copies, 180 labels, two-stage', last(near, 'two-stage', 'accuracy'), 0.935);
  bounds.atLeast('  part of its labels that is distinct', last(near, 'two-stage', 'distinct'), 0.85);
  console.log(
    `  margin: ${last(near, 'margin', 'accuracy').toFixed(3)}, ${last(near, 'margin', 'distinct').toFixed(2)} distinct`,
  );

  const skew = await simulated('skew');
  bounds.atLeast(
    'five rare classes, 100 labels, macro recall, two-stage',
    last(skew, 'two-stage', 'macroRecall'),
    0.88,
  );
  console.log(`  random: ${last(skew, 'random', 'macroRecall').toFixed(3)}`);
  bounds.assert();
}

/** The digits once, and five times with up to one of their sixteen grey levels of noise. */
async function writeSets(): Promise<void> {
  const rows = await readDigitRows(packageFile(import.meta.url, '.labelloop/venv/mlflow'));
  const random = seededRandom(7);
  const named = rows.map((row, index) => ({
    name: `digit-${String(index).padStart(4, '0')}`,
    label: row.at(-1) ?? NaN,
    greys: row.slice(0, -1),
  }));
  const noisy = named.flatMap(({ name, label, greys }) =>
    Array.from({ length: copies }, (_, copy) => ({
      name: `${name}-${copy}`,
      label,
      greys: greys.map((grey) => Math.min(16, Math.max(0, grey + 2 * random() - 1))),
    })),
  );
  await mkdir(folder, { recursive: true });
  for (const [set, images] of Object.entries({ digits: named, copies: noisy })) {
    const lines = images.map(({ name, label }) => `${name}.png,${label}\n`);
    const data = Float32Array.from(images.flatMap(({ greys }) => greys.map((grey) => grey / 16)));
    await writeFile(join(folder, `${set}.csv`), lines.join(''));
    await writeFile(
      join(folder, `${set}.npy`),
      writeNpy({ shape: [images.length, data.length / images.length], data }),
    );
  }
}

async function simulated(name: keyof typeof setUps): Promise<SeededCurve[]> {
  const [set, ...options] = setUps[name].split(' ');
  const file = join(folder, set ?? '');
  const args = [
    'simulate',
    `${file}.csv`,
    '--embeddings',
    `${file}.npy`,
    ...options,
    '--out',
    join(folder, name),
  ];
  console.log(`\nlabelloop ${args.join(' ')}`);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', packageFile(import.meta.url, 'bin/labelloop.ts'), ...args, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`labelloop simulate ended with ${code ?? 'a signal'}.`);
  return (JSON.parse(answer) as { curves: SeededCurve[] }).curves;
}

/** The mean over seeds with all labels. */
function last(curves: readonly SeededCurve[], arm: string, metric: CurveMetric): number {
  const own = curves.filter((one) => one.arm === arm);
  return studentInterval(own.map(({ points }) => points.at(-1)?.[metric] ?? NaN)).value;
}
