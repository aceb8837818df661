/** Prints what was measured beside its bound. @throws Error when it is not below. */
export function assertBelow(what: string, measured: number, bound: number): void {
  console.log(`${what}: ${measured.toFixed(2)} (< ${bound})`);
  if (!(measured < bound)) throw new Error(`${what}: ${measured} is not below ${bound}.`);
}
