/**
 * The `pred_score` column of an informativeness: `1 − informativeness`, so that lowest is asked first, as the recipe's threshold
 * and Label Studio's uncertainty sampling expect. The only place that turns a score round.
 *
 * @param informativeness - 0..1, higher asks first.
 * @returns 0..1, lower asks first.
 */
export function predScore(informativeness: number): number {
  return 1 - informativeness;
}
