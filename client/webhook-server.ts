import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Phase } from '../core/loop-state.ts';
import { annotationsChangedSignal } from '../workflows/messages.ts';
import { CommandError } from './command-error.ts';
import { LoopDirectory } from './loop-directory.ts';
import { sameSecret } from './same-secret.ts';
import { searchAttributeKeys } from './search-attribute-keys.ts';
import { SignalRelay } from './signal-relay.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhookServerOptions {
  /** Used in the background only; it may be away. */
  readonly client: Pick<Client, 'workflow' | 'withDeadline'>;
  /** What Label Studio sends as `X-Labelloop-Secret`. */
  readonly secret: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly logger?: { info(message: string): void; warn(message: string): void };
  /** The running loops; Temporal's list, refreshed every 5 s, by default. */
  readonly known?: { has(workflowId: string): boolean; drop(workflowId: string): void };
  /** One signal a loop in this time. Default 1000. */
  readonly quietMs?: number;
  readonly metrics?: Pick<WebhookMetrics, 'answered' | 'received' | 'held' | 'signalled'>;
}

export interface WebhookServer {
  readonly url: string;
  close(): Promise<void>;
}

const bodySchema = z.looseObject({ action: z.string().min(1).max(100) });
/** Events that can change what a review holds; others are none of the loop's business. */
const wakingAction = /^(ANNOTATIONS?|TASKS?)_/;
/** Elsewhere a loop would do nothing about news; it looks for itself when it begins to wait. */
const listening: Phase = 'wait for annotations';
const maxBodyBytes = 1_048_576;
const refreshMs = 5000;
const callMs = 5000;

/**
 * Receives Label Studio's events at `/webhooks/label-studio/<workflow id>` and wakes the loop. It answers before Temporal is spoken to,
 * since Label Studio sends inside the annotator's own request and never again; a signal that is lost costs the loop one poll. A loop that does not
 * wait for people is left alone until it does.
 */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { client, secret, host = '127.0.0.1', port, logger, metrics } = options;
  if (secret === '') throw new CommandError('The secret of the webhooks is empty.', 2);
  const directory = options.known ? null : runningLoops(options);
  const known = options.known ?? directory;
  const relay = new SignalRelay({
    send: async (workflowId) => {
      const result = await wake(client, workflowId);
      if (result === 'later') metrics?.held(workflowId);
      else metrics?.signalled(workflowId, result);
      return result;
    },
    onGone: (workflowId) => known?.drop(workflowId),
    onLost: (workflowId, error) => {
      metrics?.signalled(workflowId, 'lost');
      logger?.warn(`The signal to ${workflowId} is given up; its poll will do: ${messageOf(error)}`);
    },
    ...(options.quietMs !== undefined && { quietMs: options.quietMs }),
  });

  const server = fastify({ bodyLimit: maxBodyBytes, routerOptions: { maxParamLength: 1000 } });
  checkSecret(server, secret);
  if (metrics)
    server.addHook('onResponse', async ({ routeOptions }, { statusCode }) => {
      if (routeOptions.url !== '/health') metrics.answered(statusCode);
    });
  server.get('/health', () => ({ status: 'ok', loops: directory?.size ?? null }));
  server.post<{ Params: { workflowId: string } }>(
    '/webhooks/label-studio/:workflowId',
    async (request, reply) => {
      const { workflowId } = request.params;
      if (!known?.has(workflowId)) return reply.code(404).send({ error: 'No such loop is running.' });
      const body = bodySchema.safeParse(request.body);
      if (!body.success)
        return reply.code(400).send({ error: 'The body is no event: it has no text under "action".' });
      const isWaking = wakingAction.test(body.data.action);
      if (isWaking) {
        metrics?.received(workflowId);
        relay.notify(workflowId);
      }
      return reply.code(202).send({ wakes: isWaking });
    },
  );

  const url = await listen(server, host, port);
  void directory?.run();
  logger?.info(`Webhooks of Label Studio are received at ${url}`);
  return {
    url,
    async close() {
      directory?.close();
      await server.close();
      await relay.close();
    },
  };
}

/** Before the body is read, so that a stranger costs nothing and learns nothing. */
function checkSecret(server: FastifyInstance, secret: string): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === '/health') return;
    if (!sameSecret(request.headers['x-labelloop-secret'], secret))
      await reply.code(401).send({ error: 'The header X-Labelloop-Secret is missing or wrong.' });
  });
}

function runningLoops({ client, logger }: WebhookServerOptions): LoopDirectory {
  return new LoopDirectory({
    everyMs: refreshMs,
    onError: (error) => logger?.warn(`The running loops cannot be listed: ${messageOf(error)}`),
    async *list() {
      const query = `WorkflowType = 'activeLearningLoop' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query })) yield workflowId;
    },
  });
}

/** Every signal stands in history with the events of a workflow task: a loop that trains for hours is told once it waits for people again. */
async function wake(
  client: WebhookServerOptions['client'],
  workflowId: string,
): Promise<'sent' | 'gone' | 'later'> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await client.withDeadline(Date.now() + callMs, async () => {
      const { status, typedSearchAttributes } = await handle.describe();
      if (status.name !== 'RUNNING') return 'gone';
      const phase = typedSearchAttributes.get(searchAttributeKeys.phase);
      if (phase !== undefined && phase !== listening) return 'later';
      await handle.signal(annotationsChangedSignal);
      return 'sent';
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'the port is taken' : messageOf(cause);
    throw new CommandError(`The webhook server cannot listen on ${host}:${port}: ${reason}.`, 1, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
