import type { Client } from '@temporalio/client';
import { startWebhookServer, type WebhookServer } from '../../client/webhook-server.ts';
import { inputOf, runHistories, startLoop, untilPhase, type LoopHandle } from './loop-runs.ts';
import { loopSpec } from './loop-specs.ts';
import { LoopStubs } from './loop-stubs.ts';
import type { TestTemporal } from './temporal.ts';

const secret = 'a-secret-of-some-length';

export interface AnsweredLoop {
  /** After cycle 0, which asks three reviews; each later one asks one. */
  readonly cycles: number;
  /** Tasks of each review. */
  readonly images: number;
  /** Answers to each task, and so webhooks. */
  readonly annotators: number;
  /** Webhooks while each model is trained, of late answers to earlier reviews. */
  readonly whileTraining: number;
  /**
   * Whether each webhook is told to the loop before the next comes, as where people take longer for an answer than news are held back. Default: they come
   * as fast as they are received.
   */
  readonly oneByOne?: boolean;
  /** After which a waiting run goes on in a fresh one. Default: the loop's. */
  readonly eventsPerRun?: number;
}

export interface HistoryCost {
  /** Of each run, first run first. */
  readonly runs: readonly { readonly cycle: number; readonly events: number; readonly bytes: number }[];
  /** All of them were answered with 202. */
  readonly webhooks: number;
  readonly signals: number;
  /** From the first run's start to the last one's end. */
  readonly seconds: number;
}

/**
 * Walks the real workflow on a real Temporal server through cycles in which every answer is a webhook, posted to the real receiver; activities answer
 * at once.
 */
export async function answeredLoop(
  { client, withWorkers }: Pick<TestTemporal, 'client' | 'withWorkers'>,
  taskQueue: string,
  { cycles, images, annotators, whileTraining, oneByOne = false, eventsPerRun }: AnsweredLoop,
): Promise<HistoryCost> {
  let webhooks = 0;
  let signals = 0;
  let onSignal = (): void => undefined;
  let url = '';
  const { trainModel } = new LoopStubs().activities;
  const stubs = new LoopStubs({
    trainModel: async (input) => {
      for (let late = 0; late < whileTraining; late++) await post(input.workflowId);
      return trainModel(input);
    },
  });
  stubs.answersAtOnce = false;
  stubs.tasks = images;
  const spec = loopSpec({
    stop: { cycles },
    review: { pollSeconds: 1, minReadSeconds: 0, overlap: { share: 1, annotators } },
  });
  return withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(
      client,
      taskQueue,
      spec,
      eventsPerRun === undefined ? {} : { eventsPerRun },
    );
    const server = await receiver();
    url = server.url;
    const begunMs = Date.now();
    try {
      for (let cycle = 0; cycle <= cycles; cycle++) await answerCycle(handle, cycle);
      await handle.result();
    } finally {
      await server.close();
    }
    const seconds = (Date.now() - begunMs) / 1000;
    return { runs: await costs(client, handle), webhooks, signals, seconds };
  });

  function receiver(): Promise<WebhookServer> {
    return startWebhookServer({
      client,
      secret,
      port: 0,
      ...(oneByOne && { quietMs: 0 }),
      metrics: {
        answered: () => undefined,
        received: () => undefined,
        held: () => undefined,
        signalled: () => {
          signals += 1;
          onSignal();
        },
      },
    });
  }

  async function answerCycle(handle: LoopHandle, cycle: number): Promise<void> {
    const { reviews } = await untilPhase(handle, 'wait for annotations', { cycle });
    const answers = reviews.flatMap(({ title }) =>
      Array.from({ length: images * annotators }, (_, index) => ({ title, given: index + 1 })),
    );
    for (const [index, { title, given }] of answers.entries()) {
      stubs.answer(title, Math.floor(given / annotators));
      // The loop may have seen the last answer before its webhook comes.
      if (oneByOne && index < answers.length - 1) await postAndWake(handle.workflowId);
      else await post(handle.workflowId);
    }
  }

  async function post(workflowId: string): Promise<void> {
    const { status } = await fetch(`${url}/webhooks/label-studio/${workflowId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-labelloop-secret': secret },
      body: JSON.stringify({ action: 'ANNOTATION_CREATED', project: { id: 1 } }),
    });
    if (status !== 202) throw new Error(`A webhook was answered with ${status}.`);
    webhooks += 1;
  }

  async function postAndWake(workflowId: string): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      onSignal = resolve;
    });
    await post(workflowId);
    await woken;
  }
}

async function costs(client: Client, handle: LoopHandle): Promise<HistoryCost['runs']> {
  const runs = [];
  for (const history of await runHistories(client, handle)) {
    const runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId;
    const run = client.workflow.getHandle(handle.workflowId, runId ?? '');
    const { historyLength, historySize = NaN } = await run.describe();
    runs.push({ cycle: inputOf(history).cycle, events: historyLength, bytes: historySize });
  }
  return runs;
}
