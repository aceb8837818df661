import type { Answers } from './temperature.ts';

/** Share of right answers, examples counted by weight. */
export function accuracy({ logits, classes, labels, weights }: Answers): number {
  let [right, total] = [0, 0];
  for (const [row, label] of labels.entries()) {
    const scores = Array.from(logits.subarray(row * classes, (row + 1) * classes));
    const weight = weights[row] ?? 1;
    if (scores.indexOf(Math.max(...scores)) === label) right += weight;
    total += weight;
  }
  return right / total;
}
