import { seededRandom } from '../core/seeded-random.ts';
import { select } from '../core/selection/select.ts';

/** Two-stage over a million rows of 64 numbers, of which 2,000 are labelled, in a process of its own. Prints JSON. */
const rows = 1_000_000;
const columns = 64;
const random = seededRandom(7);
const values = Float32Array.from({ length: rows * columns }, () => random() - 0.5);
const informativeness = Float64Array.from({ length: rows }, () => random());
const ids = Array.from({ length: rows }, (_, row) => `images/scan-${String(row).padStart(8, '0')}.png`);
const labelled = Array.from({ length: 2000 }, (_, index) => index * 500);

const cpuBefore = process.cpuUsage().user;
const start = performance.now();
const { chosen } = select(
  { ids, informativeness, embeddings: { values, columns }, labelled },
  { strategy: 'two-stage', size: 1000, seed: '1', randomShare: 0.05 },
);
const seconds = (performance.now() - start) / 1000;
const cpuSeconds = (process.cpuUsage().user - cpuBefore) / 1e6;
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, cpuSeconds, peakMegabytes, chosen: chosen.length }));
