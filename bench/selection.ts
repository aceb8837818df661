import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { writeNpy } from '../core/formats/npy.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { select } from '../core/selection/select.ts';
import { packageFile } from '../stack/program-entry.ts';
import { ensurePythonVenv } from '../stack/python-venv.ts';
import { Bounds } from './bounds.ts';

const rows = 100_000;
const columns = 256;
const wanted = 1000;
const rounds = 3;
const leastRatio = 9;
const cores = availableParallelism();

/**
 * Selection at size: two-stage over a million rows in a process of its own, and exact k-center over 100,000 beside numpy's loop, in turn,
 * on features as a CNN gives them (in clusters, none negative) and on Gaussian noise, the worst case. The points must be those that numpy
 * chooses in doubles.
 *
 * @throws Error when a bound is missed or the points differ.
 */
export async function benchSelection(): Promise<void> {
  const bounds = new Bounds();
  const million = JSON.parse(
    await run(process.execPath, [
      '--import',
      'tsx',
      packageFile(import.meta.url, 'bench/selection-million.ts'),
    ]),
  ) as { seconds: number; cpuSeconds: number; peakMegabytes: number; chosen: number };
  console.log(`two-stage, ${million.chosen} of 1,000,000 rows of 64:`);
  console.log(`  ${million.cpuSeconds.toFixed(2)} s of CPU`);
  bounds.below('  seconds', million.seconds, 10);
  bounds.below('  MB at the peak, the arrays included', million.peakMegabytes, 1500);

  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const bin = await ensurePythonVenv({
      venvDir: resolve('.labelloop/venv'),
      name: 'numpy',
      env: process.env,
      report: (message) => console.log(`numpy: ${message}`),
    });
    for (const kind of ['clusters', 'Gaussian'] as const) {
      const vectors = unitVectors(kind);
      const file = join(folder, `${kind}.npy`);
      await writeFile(file, writeNpy({ shape: [rows, columns], data: vectors }));
      const numpy = async (type: 'float32' | 'float64', threads: number) => {
        const script = packageFile(import.meta.url, 'bench/k_center_numpy.py');
        const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads) };
        return JSON.parse(
          await run(join(bin, 'python'), [script, file, String(wanted), type], env),
        ) as Chosen;
      };
      // In float32 numpy takes the other one of two points whose distances differ in the eighth digit.
      const exact = await numpy('float64', cores);
      const times = { ours: [] as number[], one: [] as number[], all: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        const ours = kCenter(vectors);
        times.ours.push(ours.seconds);
        times.one.push((await numpy('float32', 1)).seconds);
        times.all.push((await numpy('float32', cores)).seconds);
        const first = ours.rows.findIndex((row, place) => row !== exact.rows[place]);
        if (first >= 0) throw new Error(`${kind}: numpy's point ${first} is another one.`);
      }
      console.log(
        `k-center, ${wanted} of ${rows} rows of ${columns}, ${kind}, the same points in the same order:`,
      );
      const ratio = (numpy: readonly number[]) =>
        median(numpy.map((seconds, round) => seconds / (times.ours[round] ?? NaN)));
      console.log(
        `  ours ${shown(times.ours)} s, numpy ${shown(times.one)} s, on ${cores} threads ${shown(times.all)} s`,
      );
      bounds.atLeast('  numpy ÷ ours, a thread each, median of the rounds', ratio(times.one), leastRatio);
      console.log(`  numpy on ${cores} threads ÷ ours: ${ratio(times.all).toFixed(2)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  bounds.assert();
}

interface Chosen {
  readonly seconds: number;
  readonly rows: readonly number[];
}

/** From the arrays to the batch, as the loop calls it. */
function kCenter(values: Float32Array): Chosen {
  const ids = Array.from({ length: rows }, (_, row) => `${row}`);
  const start = performance.now();
  const { chosen } = select(
    { ids, embeddings: { values, columns }, labelled: [0] },
    { strategy: 'k-center', size: wanted, seed: '1' },
  );
  return { seconds: (performance.now() - start) / 1000, rows: chosen.map(({ row }) => row) };
}

function unitVectors(kind: 'clusters' | 'Gaussian'): Float32Array {
  const random = seededRandom(11);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Float32Array.from({ length: 200 * columns }, gaussian);
  const vectors = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * columns, (row + 1) * columns);
    const centre = Math.floor(random() * 200) * columns;
    for (let column = 0; column < columns; column++)
      vector[column] =
        kind === 'Gaussian' ? gaussian() : Math.max(0, (centres[centre + column] ?? 0) + 0.5 * gaussian());
    const length = Math.hypot(...vector);
    for (let column = 0; column < columns; column++) vector[column] = (vector[column] ?? 0) / length;
  }
  return vectors;
}

async function run(file: string, args: readonly string[], env = process.env): Promise<string> {
  return (await promisify(execFile)(file, args, { env })).stdout;
}

function shown(seconds: readonly number[]): string {
  return seconds.map((one) => one.toFixed(2)).join(' ');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
