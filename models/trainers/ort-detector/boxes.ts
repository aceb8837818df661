/** An object in pixels of the model's input. */
export interface LabelledBox {
  /** Place of its class in the job's classes. */
  readonly label: number;
  readonly boxPx: BoxPx;
}

/** Left, top, width, height. */
export type BoxPx = readonly [number, number, number, number];
