import { appendFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopStatus } from '../client/loop-status.ts';
import { searchAttributeKeys } from '../client/search-attribute-keys.ts';
import { startLoop } from '../client/start-loop.ts';
import { hashUnit } from '../core/hash.ts';
import { labelScheme, loopWorkflowId } from '../core/loop-spec.ts';
import type { ClassTruth } from '../core/truth.ts';
import { digitsScheme, digitsSplits } from '../demo/arms.ts';
import { writeDigits } from '../demo/digits.ts';
import { SimulatedAnnotator } from '../demo/simulated-annotator.ts';
import { packageFile } from '../stack/program-entry.ts';
import type { OnStackEvent } from '../stack/stack-event.ts';
import { askedImages, chaosLoop } from './chaos-loop.ts';
import { gatherFindings, type HistorySizes } from './gather-findings.ts';
import { inflict } from './inflict.ts';
import { planMoments, type Moment } from './moments.ts';
import { judgeChaos, type Findings, type Verdict } from './verdict.ts';
import { emptyFolder, World } from './world.ts';

export interface ChaosOptions {
  readonly moments: number;
  readonly seed: number;
  readonly cycles: number;
  /** Emptied first. */
  readonly dataDir: string;
  readonly onStackEvent: OnStackEvent;
  /** All servers are up, and the moments begin. */
  readonly onBegin: () => void;
  /** Before each moment, and after the last. */
  readonly onMoment: (done: number, next: Moment | null, where: string) => void;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ChaosResult {
  readonly moments: readonly Moment[];
  readonly findings: Findings;
  readonly verdict: Verdict;
  readonly histories: HistorySizes;
  /** Requests and events that were answered or carried wrongly. */
  readonly hits: number;
  readonly workerStarts: number;
  readonly seconds: number;
}

/** Of the answers: given wrongly, so that it shows whose answer an annotation is. */
const slipShare = 0.1;
/** What a loop may take after the last moment. */
const settleMs = 20 * 60_000;

/** Runs a loop on the real servers while everything goes wrong, and holds what is left against what people answered. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, cycles, print, signal } = options;
  const startedMs = Date.now();
  const dataDir = resolve(options.dataDir);
  await emptyFolder(dataDir);
  const python = packageFile(import.meta.url, '.labelloop/venv/mlflow');
  const spec = chaosLoop({ seed, cycles });
  const truth = await writeDigits(python, dataDir, { ratios: digitsSplits, seed }).then(({ truth: true_ }) =>
    withSlips(true_, seed),
  );
  const world = await World.start({ ...options, dataDir, spec, images: join(dataDir, 'images') });
  const over = new AbortController();
  const running = AbortSignal.any([over.signal, signal]);
  try {
    options.onBegin();
    const moments = planMoments(options, (fault, target) => world.can(fault, target));
    await startLoop(world.temporal.client, spec);
    const watch = new LoopWatch(world, loopWorkflowId(spec));
    const answers = new Map<string, string>();
    let allowed = 0;
    let begun = 0;
    const team = new SimulatedAnnotator(
      {
        url: world.stack.env['LABEL_STUDIO_URL'] ?? '',
        apiKey: world.stack.env['LABEL_STUDIO_API_KEY'] ?? '',
      },
      labelScheme(spec),
      truth,
      {
        before: async (aborted) => {
          begun += 1;
          for (const mine = begun; mine > allowed;) await sleep(100, undefined, { signal: aborted });
        },
        onAnswered: (key) => answers.set(key, truth.get(key)?.label ?? ''),
      },
    );
    const background = [watch.run(running), team.work([spec.loop], running)];
    const failed = Promise.all(background).then(() => new Promise<never>(() => undefined));
    // Whoever fails first is thrown where it is waited for.
    failed.catch(() => undefined);

    // The answers are spread over the moments, so that the loop is somewhere else at each; without the last one it cannot end before them.
    const log = join(dataDir, 'moments.log');
    await writeFile(log, '');
    for (const [index, moment] of moments.entries()) {
      allowed = Math.ceil(((askedImages(cycles) - 1) * (index + 1)) / moments.length);
      await Promise.race([sleep(moment.afterMs, undefined, { signal }), failed]);
      if (watch.ended !== null) break;
      options.onMoment(index, moment, watch.where);
      await appendFile(log, `${new Date().toISOString()} ${watch.where}: ${JSON.stringify(moment)}\n`);
      await Promise.race([inflict(world, moment, signal), failed]);
    }
    allowed = Infinity;
    options.onMoment(moments.length, null, watch.where);
    const tooEarly = watch.ended !== null;
    await Promise.race([watch.untilEnd(settleMs, signal), failed]);
    over.abort();
    await Promise.all(background);
    const { histories, ...gathered } = await gatherFindings(world, spec);
    const findings: Findings = {
      ...gathered,
      answers,
      ended: { was: watch.ended ?? '', expected: `all ${cycles} cycles are done` },
      memory: world.worker.memory,
      unexpected: [
        ...world.worker.unexpected,
        ...(tooEarly ? ['The loop ended before the last moment.'] : []),
      ],
    };
    const hits = [...world.gateways.values(), world.post].reduce((sum, one) => sum + one.hits, 0);
    return {
      ...{ moments, findings, histories, hits, verdict: judgeChaos(findings) },
      workerStarts: world.worker.starts,
      seconds: (Date.now() - startedMs) / 1000,
    };
  } finally {
    over.abort();
    print('Stopping the servers …');
    await world.close();
  }
}

/** What the team will say: the truth, but for some slips. */
function withSlips(truth: ReadonlyMap<string, string>, seed: number): Map<string, ClassTruth> {
  const { classes } = digitsScheme;
  return new Map(
    [...truth].map(([name, label]) => {
      const slips = hashUnit(`slip ${seed}`, name) < slipShare;
      return [name, { label: slips ? (classes[(Number(label) + 1) % classes.length] ?? label) : label }];
    }),
  );
}

/** Asks Temporal where the loop is, and looks after the worker and the late events. Temporal may be away. */
class LoopWatch {
  /** Why the loop ended, once it has. */
  ended: string | null = null;
  readonly #world: World;
  readonly #workflowId: string;
  #cycle = 0;
  #phase = 'start';

  constructor(world: World, workflowId: string) {
    this.#world = world;
    this.#workflowId = workflowId;
  }

  get where(): string {
    return `cycle ${this.#cycle}, ${this.#phase}`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { worker } = this.#world;
    try {
      for (;;) {
        await this.#ask();
        await worker.look(this.#cycle, signal);
        await sleep(1000, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async untilEnd(withinMs: number, signal: AbortSignal): Promise<void> {
    for (const deadline = Date.now() + withinMs; this.ended === null && Date.now() < deadline;)
      await sleep(500, undefined, { signal });
    this.ended ??= `still in ${this.where} after ${withinMs / 60_000} minutes of calm`;
  }

  async #ask(): Promise<void> {
    const { client } = this.#world.temporal;
    try {
      await client.withDeadline(Date.now() + 3000, async () => {
        const found = await client.workflow.getHandle(this.#workflowId).describe();
        this.#phase = found.typedSearchAttributes.get(searchAttributeKeys.phase) ?? this.#phase;
        await this.#enter(found.typedSearchAttributes.get(searchAttributeKeys.cycle) ?? this.#cycle);
        if (found.status.name === 'RUNNING') return;
        const { ended, state } = await loopStatus(client, this.#workflowId);
        this.ended = ended ?? state;
      });
    } catch {
      // Asked again in a second.
    }
  }

  async #enter(cycle: number): Promise<void> {
    const { post } = this.#world;
    if (cycle === this.#cycle) return;
    this.#cycle = cycle;
    if (post.fault === 'a cycle late') post.fault = null;
    await post.deliver();
  }
}
