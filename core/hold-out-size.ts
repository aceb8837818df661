/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;

/** What `loop.yaml` says of the hold-out's size. */
export interface HoldOutSize {
  readonly images?: number | undefined;
  readonly error?: number | undefined;
}

/**
 * Images that a hold-out needs so that a share measured on it, such as the accuracy, is off by no more than `error` with 95 % confidence, whatever the
 * share is: n₀ = z²/4·error², and n₀/(1 + (n₀ − 1)/N) where there are N images in all (the finite-population correction).
 *
 * @param size - `images` stands as it is. Without either the error is 0.05.
 * @param population - Images of the datasource, which the metric is about. Infinity leaves the correction out.
 * @see Cochran 1977, "Sampling Techniques", 4.4.
 */
export function holdOutImages({ images, error = 0.05 }: HoldOutSize, population: number): number {
  if (images !== undefined) return images;
  const most = z ** 2 / (4 * error ** 2);
  return Math.ceil(most / (1 + (most - 1) / population));
}
