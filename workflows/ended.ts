/** Thrown between steps to leave the cycle, with the reason in a sentence; never leaves the workflow. */
export class Ended extends Error {}
