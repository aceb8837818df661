/**
 * The wait a `Retry-After` header asks for: seconds, or an HTTP date.
 *
 * @returns Milliseconds from `nowMs`, at least 0 and at most an hour; undefined when absent or unreadable.
 * @see RFC 9110, section 10.2.3.
 */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!text) return undefined;
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : isDate ? Date.parse(text) - nowMs : NaN;
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), 3_600_000) : undefined;
}
