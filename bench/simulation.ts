import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { studentInterval } from '../core/metrics/student-interval.ts';
import {
  areaGain,
  labelsToReach,
  meanCurve,
  type CurveMetric,
  type SeededCurve,
} from '../core/simulation/learning-curves.ts';
import { packageFile } from '../stack/program-entry.ts';
import { Bounds } from './bounds.ts';
import { writeSimulationSets } from './simulation-sets.ts';

/** Where the digits and the curves go; docs/simulation.md names it. */
const folder = '.labelloop/bench/simulation';

/** The command of docs/simulation.md for each set-up, without its files. */
const setUps = {
  target: 'digits.csv --strategies margin,two-stage,random --batch 10 --cycles 24 --target 0.93',
  zero: 'digits.csv --strategies default,random --first 0 --batch 10 --cycles 6',
  copies: 'copies.csv --group-by (digit-\\d+) --strategies two-stage,margin,random --batch 20 --cycles 8',
  skew: 'digits.csv --keep 5=0.08,6=0.08,7=0.08,8=0.08,9=0.08 --metric macroRecall --strategies two-stage,margin,random --batch 10 --cycles 8',
  shown: 'pairs.json --strategies multi-label-mean,multi-label-max,two-stage,random --batch 20 --cycles 10',
};

/**
 * What labels buy on scikit-learn's handwritten digits, through `labelloop simulate`, ten seeds: labels to 93 %, from zero labels, among near-copies,
 * and with rare classes; and on pairs of them, which digits a pair shows.
 *
 * @throws Error when a bound is missed.
 */
export async function benchSimulation(): Promise<void> {
  const bounds = new Bounds();
  await writeSimulationSets(folder);
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

  const shown = await simulated('shown');
  for (const arm of ['multi-label-max', 'two-stage'])
    console.log(`which digits a pair shows, mean lead of ${arm}: ${gain(shown, arm)}`);
  bounds.assert();
}

async function simulated(name: keyof typeof setUps): Promise<SeededCurve[]> {
  const [set, ...options] = setUps[name].split(' ');
  const file = join(folder, set ?? '');
  const args = [
    'simulate',
    file,
    '--embeddings',
    file.replace(/\.\w+$/, '.npy'),
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

/** How much more than random an arm has on average of the curve, with its interval. */
function gain(curves: readonly SeededCurve[], arm: string): string {
  const { value, low, high } = areaGain(curves, arm, 'random', 'macroAP');
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
