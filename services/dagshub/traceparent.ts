import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';

/** A W3C Trace Context header for one request, as the official client sends it; where the request is traced, the tracer adds its own. */
export function traceparentHeader(): { traceparent?: string } {
  if (trace.getActiveSpan()) return {};
  return { traceparent: `00-${nonZeroHex(16)}-${nonZeroHex(8)}-01` };
}

/** No part of the header may be all zeros. */
function nonZeroHex(bytes: number): string {
  for (;;) {
    const hex = randomBytes(bytes).toString('hex');
    if (/[^0]/.test(hex)) return hex;
  }
}
