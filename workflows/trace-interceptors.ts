/**
 * Joins a run to the trace that it was started in, and its activities to the run. Loaded by workers that trace only.
 *
 * The package's own interceptors wrap every call in promises of theirs. That moves what a handler does against what the loop does, so a history
 * that was recorded without them, as one with updates, could not be replayed. These add no promise between the loop and Temporal.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { defaultPayloadConverter, type Headers, type Payload } from '@temporalio/common';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry';
import {
  ContinueAsNew,
  proxySinks,
  workflowInfo,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';

/** Where client and activities look for it. */
const traceHeader = '_tracer-data';

export function interceptors(): WorkflowInterceptors {
  const { runId, workflowType } = workflowInfo();
  const hex = runId.replaceAll('-', '');
  // By the run's id, so that a replay has the same; nothing random is drawn.
  const spanId = hex.slice(-16);
  let traceId = hex;
  let parentSpanId: string | undefined;
  let carried: Payload | undefined;

  const passOn = <Input extends { readonly headers: Headers }>(input: Input): Input => ({
    ...input,
    headers: { ...input.headers, ...(carried && { [traceHeader]: carried }) },
  });
  const outbound: WorkflowOutboundCallsInterceptor = {
    scheduleActivity: (input, next) => next(passOn(input)),
    scheduleLocalActivity: (input, next) => next(passOn(input)),
    continueAsNew: (input, next) => next(passOn(input)),
  };
  return {
    outbound: [outbound],
    inbound: [
      {
        execute(input, next) {
          const found = readParent(input.headers[traceHeader]);
          if (found) ({ traceId, parentSpanId } = found);
          const traceparent = `00-${traceId}-${spanId}-01`;
          carried = defaultPayloadConverter.toPayload({ traceparent });
          const startMs = Date.now();
          const running = next(input);
          const tell = (isWell: boolean) => () => report(startMs, isWell);
          running.then(tell(true), (error: unknown) => tell(error instanceof ContinueAsNew)());
          return running;
        },
      },
    ],
  };

  function report(startMs: number, isWell: boolean): void {
    const endMs = Date.now();
    proxySinks<OpenTelemetrySinks>().exporter.export([
      {
        name: `RunWorkflow:${workflowType}`,
        kind: SpanKind.INTERNAL,
        spanContext: { traceId, spanId, traceFlags: 1 },
        ...(parentSpanId !== undefined && { parentSpanId }),
        startTime: hrTime(startMs),
        endTime: hrTime(endMs),
        duration: hrTime(endMs - startMs),
        status: { code: isWell ? SpanStatusCode.OK : SpanStatusCode.ERROR },
        attributes: { run_id: runId },
        ...{ links: [], events: [], ended: true },
        ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
        instrumentationLibrary: { name: 'labelloop' },
      },
    ]);
  }
}

function readParent(payload: Payload | undefined): { traceId: string; parentSpanId: string } | null {
  if (!payload) return null;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent?: string }>(payload);
  const [, traceId, parentSpanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(traceparent ?? '') ?? [];
  return traceId !== undefined && parentSpanId !== undefined ? { traceId, parentSpanId } : null;
}

/** Seconds, and nanoseconds beside them. */
function hrTime(ms: number): [number, number] {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
