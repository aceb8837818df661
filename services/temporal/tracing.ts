import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry';

export interface Tracing {
  readonly client: WorkflowClientInterceptor;
  readonly activity: ActivityInterceptorsFactory;
  /** Where the spans of workflows go; see `workflows/trace-interceptors.ts`. */
  readonly sinks: InjectedSinks<OpenTelemetrySinks>;
  /** Sends what is left. */
  close(): Promise<void>;
}

/**
 * Sends traces over client, workflow, activities and their HTTP calls to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, by OTLP over
 * HTTP. Null where none is named: then nothing is loaded, and nothing is added to Temporal's history.
 *
 * @param service - As which the spans are known, unless `OTEL_SERVICE_NAME` says otherwise.
 */
export async function startTracing(service: string, env: NodeJS.ProcessEnv): Promise<Tracing | null> {
  if (!env['OTEL_EXPORTER_OTLP_ENDPOINT'] && !env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) return null;
  const [api, node, exporter, resources, undici, temporal] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/instrumentation-undici'),
    import('@temporalio/interceptors-opentelemetry'),
  ]);
  const { attributes } = resources.envDetectorSync.detect();
  const resource = new resources.Resource({ 'service.name': service, ...attributes });
  const spanProcessor = new node.BatchSpanProcessor(new exporter.OTLPTraceExporter());
  const provider = new node.NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  const http = new undici.UndiciInstrumentation({ requireParentforSpans: true });
  http.setTracerProvider(provider);
  return {
    client: new temporal.OpenTelemetryWorkflowClientInterceptor(),
    activity: (context) => ({
      inbound: new temporal.OpenTelemetryActivityInboundInterceptor(context),
      outbound: new temporal.OpenTelemetryActivityOutboundInterceptor(context),
    }),
    sinks: { exporter: temporal.makeWorkflowExporter(spanProcessor, resource) },
    async close() {
      http.disable();
      await provider.shutdown();
      for (const part of [api.trace, api.context, api.propagation]) part.disable();
    },
  };
}
