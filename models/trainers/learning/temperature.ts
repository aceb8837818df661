/** A model's answers for a labelled set. */
export interface Answers {
  /** `[count][classes]`. */
  readonly logits: Float32Array;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

const highestTemperature = 20;
const rounds = 30;

/**
 * The temperature in 1..20 that makes a model's certainty fit its errors: the one with the least cross-entropy of `logits / temperature`.
 * A network that has learnt few examples by heart is far too sure; without this its loss grows while it still becomes better, and
 * the loss would choose a model that has hardly learnt. Never below 1: no model is made surer than it was trained to be.
 *
 * @see Guo, Pleiss, Sun, Weinberger 2017, "On Calibration of Modern Neural Networks".
 */
export function fitTemperature(answers: Answers): { temperature: number; loss: number } {
  const ratio = (Math.sqrt(5) - 1) / 2;
  const lossAt = (place: number): number => meanLoss(answers, Math.exp(place));
  // Golden section: the loss has one valley along the logarithm of the temperature.
  let [low, high] = [0, Math.log(highestTemperature)];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [leftLoss, rightLoss] = [lossAt(left), lossAt(right)];
  for (let round = 0; round < rounds; round++) {
    if (leftLoss <= rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - ratio * (high - low);
      leftLoss = lossAt(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + ratio * (high - low);
      rightLoss = lossAt(right);
    }
  }
  const place = (low + high) / 2;
  const [found, unchanged] = [lossAt(place), lossAt(0)];
  return unchanged <= found
    ? { temperature: 1, loss: unchanged }
    : { temperature: Math.exp(place), loss: found };
}

/** Mean of `−log p(true class)`, examples counted by weight. */
function meanLoss({ logits, classes, labels, weights }: Answers, temperature: number): number {
  let [loss, total] = [0, 0];
  for (const [row, label] of labels.entries()) {
    const weight = weights[row] ?? 1;
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    let highest = -Infinity;
    for (const score of scores) if (score > highest) highest = score;
    let sum = 0;
    for (const score of scores) sum += Math.exp((score - highest) / temperature);
    loss += weight * (Math.log(sum) - ((scores[label] ?? NaN) - highest) / temperature);
    total += weight;
  }
  return loss / total;
}
