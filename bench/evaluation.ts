import { AveragePrecision } from '../core/metrics/average-precision.ts';
import type { ClassMatches } from '../core/metrics/object-matches.ts';
import { resamples } from '../core/metrics/resamples.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { Bounds } from './bounds.ts';

const images = 385;
const classes = 10;
/** An image and class: as a detector with a low threshold answers. */
const detections = 10;
const rounds = 1000;
/** The baseline is slow; a tenth of the resamples tells. */
const baselineRounds = 100;

/** The interval of mAP@.5 over a hold-out: 1,000 resamples, against accumulating each resample from its images anew. */
export function benchEvaluation(): Promise<void> {
  const random = seededRandom(1);
  const byClass = Array.from({ length: classes }, () =>
    Array.from({ length: images }, () => randomMatches(random)),
  );

  const start = process.cpuUsage();
  const prepared = byClass.map((ofImages) => new AveragePrecision(ofImages));
  for (const indices of resamples(images, 1, rounds)) {
    const weights = new Uint32Array(images);
    for (const index of indices) weights[index] = (weights[index] ?? 0) + 1;
    for (const one of prepared) one.mean(0, weights);
  }
  const seconds = cpuSecondsSince(start);

  const baselineStart = process.cpuUsage();
  for (const indices of resamples(images, 1, baselineRounds))
    for (const ofImages of byClass)
      new AveragePrecision(Array.from(indices, (index) => ofImages[index] ?? none)).mean(0);
  const baselineSeconds = cpuSecondsSince(baselineStart) * (rounds / baselineRounds);

  console.log(
    `${images} images, ${classes} classes, ${images * classes * detections} detections, ${rounds} resamples`,
  );
  const bounds = new Bounds();
  bounds.below('CPU seconds of the interval', seconds, 2);
  bounds.below('as share of accumulating anew', seconds / baselineSeconds, 0.2);
  bounds.assert();
  return Promise.resolve();
}

/** CPU time, as the machine may have other work. */
function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const none: ClassMatches = { truths: 0, scores: [], found: [] };

function randomMatches(random: () => number): ClassMatches {
  const scores = Array.from({ length: detections }, random).sort((a, b) => b - a);
  return { truths: 2, scores, found: scores.map((score, index) => (index < 2 && random() < score ? 1 : 0)) };
}
