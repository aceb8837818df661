/** A metric of the hold-out, 0..1, with its 95 % interval. */
export interface Measured {
  /** For people: `macro recall`, `mAP@.5`. */
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `macro recall 0.914 (95 %: 0.880 to 0.941)` */
export function measuredText({ name, value, low, high }: Measured): string {
  return `${name} ${value.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`;
}
