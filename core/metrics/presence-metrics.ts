export interface PresenceMetrics {
  /** Mean over classes of the average precision of ranking images by their chance to show the class. 0..1. */
  readonly macroAP: number;
  /** Mean over classes of F1 at a chance of a half. 0..1. */
  readonly macroF1: number;
}

/**
 * How well the chances of classes tell which images show them. Classes that no image shows count for nothing; NaN without any other.
 *
 * @param presence - `[images][classes]`: 1 where the image shows the class, else 0.
 * @param chances - `[images][classes]`, 0..1.
 * @see scikit-learn's `average_precision_score` and `f1_score`, whose numbers the tests hold.
 */
export function presenceMetrics(
  presence: readonly (readonly number[])[],
  chances: readonly (readonly number[])[],
): PresenceMetrics {
  const shown = (presence[0] ?? []).flatMap((_, one) =>
    presence.some((row) => row[one] === 1) ? [one] : [],
  );
  const mean = (of: (truths: number[], scores: number[]) => number) =>
    shown.reduce(
      (sum, one) =>
        sum +
        of(
          presence.map((row) => row[one] ?? 0),
          chances.map((row) => row[one] ?? 0),
        ),
      0,
    ) / shown.length;
  return { macroAP: mean(averagePrecision), macroF1: mean(f1) };
}

/** Images of one chance stand at one threshold. */
function averagePrecision(truths: readonly number[], scores: readonly number[]): number {
  const order = scores
    .map((score, at) => ({ score, truth: truths[at] ?? 0 }))
    .sort((a, b) => b.score - a.score);
  const all = truths.reduce((sum, one) => sum + one, 0);
  let [found, before, area] = [0, 0, 0];
  order.forEach(({ score, truth }, at) => {
    found += truth;
    if (order[at + 1]?.score === score) return;
    area += ((found - before) / all) * (found / (at + 1));
    before = found;
  });
  return area;
}

function f1(truths: readonly number[], scores: readonly number[]): number {
  const said = scores.map((score) => Number(score > 0.5));
  const right = said.reduce((sum, one, at) => sum + one * (truths[at] ?? 0), 0);
  return (2 * right) / (said.reduce((sum, one) => sum + one, 0) + truths.reduce((sum, one) => sum + one, 0));
}
