import { randomUUID } from 'node:crypto';
import { trace } from '@opentelemetry/api';

/** A W3C Trace Context header for one request, as the official client sends it; where the request is traced, the tracer adds its own. */
export function traceparentHeader(): { traceparent?: string } {
  if (trace.getActiveSpan()) return {};
  return { traceparent: `00-${hex()}-${hex().slice(-16)}-01` };
}

/** 32 digits, of which the last 16 are never all zeros: a part of the header may not be. Node makes the randomness of many UUIDs at once. */
function hex(): string {
  return randomUUID().replaceAll('-', '');
}
