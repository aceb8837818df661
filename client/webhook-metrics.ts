import fastify from 'fastify';
import { Counter, Histogram, Registry } from 'prom-client';
import { CommandError } from './command-error.ts';

/** What the webhook server tells Prometheus; the names are those of docs/operating.md. No label names a loop, so strangers cannot make more of them. */
export class WebhookMetrics {
  readonly #registry = new Registry();
  readonly #events = new Counter({
    name: 'labelloop_webhook_events_total',
    help: 'Requests, by the status of their answers.',
    labelNames: ['status'],
    registers: [this.#registry],
  });
  readonly #signals = new Counter({
    name: 'labelloop_webhook_signals_total',
    help: 'Signals to loops: sent, to a loop that is over, or given up.',
    labelNames: ['result'],
    registers: [this.#registry],
  });
  readonly #lag = new Histogram({
    name: 'labelloop_webhook_lag_seconds',
    help: 'From the first event of a burst until Temporal has its signal.',
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60],
    registers: [this.#registry],
  });
  /** When the first event came that no signal has told yet, by loop. */
  readonly #sinceMs = new Map<string, number>();

  answered(status: number): void {
    this.#events.inc({ status });
  }

  received(workflowId: string): void {
    if (!this.#sinceMs.has(workflowId)) this.#sinceMs.set(workflowId, Date.now());
  }

  /** The loop does not listen now: what waits for it to listen is no lag. */
  held(workflowId: string): void {
    this.#sinceMs.delete(workflowId);
  }

  signalled(workflowId: string, result: 'sent' | 'gone' | 'lost'): void {
    this.#signals.inc({ result });
    const sinceMs = this.#sinceMs.get(workflowId);
    if (sinceMs !== undefined && result === 'sent') this.#lag.observe((Date.now() - sinceMs) / 1000);
    this.#sinceMs.delete(workflowId);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Serves `/metrics`, apart from the server that people outside reach. @returns its URL, and what ends it. */
  async serve(host: string, port: number): Promise<{ url: string; close: () => Promise<void> }> {
    const server = fastify();
    server.get('/metrics', async (_, reply) =>
      reply.type(this.#registry.contentType).send(await this.text()),
    );
    try {
      return { url: await server.listen({ host, port }), close: () => server.close() };
    } catch (cause) {
      await server.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CommandError(`Metrics cannot be served on ${host}:${port}: ${reason}.`, 1, { cause });
    }
  }
}
