import { randomBytes } from 'node:crypto';

/** A W3C Trace Context header value for one request, as the official client sends it; no part of it is all zeros. */
export function createTraceparent(): string {
  return `00-${nonZeroHex(16)}-${nonZeroHex(8)}-01`;
}

function nonZeroHex(bytes: number): string {
  for (;;) {
    const hex = randomBytes(bytes).toString('hex');
    if (/[^0]/.test(hex)) return hex;
  }
}
