/** A moment for a terminal, to the minute. @param ms - Since 1970. */
export function minuteOf(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '?';
}
