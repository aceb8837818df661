/** Boxes that a model may mean, before doubles are suppressed: columns of one length. */
export interface BoxCandidates {
  /** Left, top, right, bottom of each, one after the other. */
  readonly corners: Float32Array;
  readonly scores: Float32Array;
  /** Number of the class of the highest score. */
  readonly classes: Int32Array;
  /** Row of the model's output that each comes from. */
  readonly cells: Int32Array;
}
