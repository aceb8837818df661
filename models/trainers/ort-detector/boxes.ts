/** An object in pixels of the model's input. */
export interface LabelledBox {
  /** Place of its class in the job's classes. */
  readonly label: number;
  readonly boxPx: BoxPx;
  /** Its outline, `[x, y, …]` a part, where the task asks for it; parts may lie outside of the image. */
  readonly ringsPx?: readonly (readonly number[])[];
}

/** Left, top, width, height. */
export type BoxPx = readonly [number, number, number, number];
