import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import { isOfPool, type Purpose } from '../core/fields.ts';
import { imagesInSplits } from '../core/enriched-images.ts';
import { holdOutImages } from '../core/hold-out-size.ts';
import { batchRule, datasourceName, labelScheme, scoreRule } from '../core/loop-spec.ts';
import {
  keptEntries,
  type CycleSummary,
  type LoopState,
  type OpenReview,
  type Phase,
} from '../core/loop-state.ts';
import { opinionRule } from '../core/opinions/opinion-rule.ts';
import type { ReviewProgress } from '../core/ports.ts';
import { leaveReviews, workSoFar } from '../core/pre-annotation/review-work.ts';
import { noWork, workText } from '../core/pre-annotation/work-cost.ts';
import { quietSeconds } from '../core/quiet-seconds.ts';
import { reviewDone, settledTasks } from '../core/review-done.ts';
import { needsVectors } from '../core/selection/batch-rule.ts';
import { affordableImages, stopDecision, stopReason, timeLimitMs } from '../core/stop-rule.ts';
import { queueBeside, type QueueName } from '../core/task-queues.ts';
import { currentDetails } from './current-details.ts';
import { long } from './long.ts';
import { handleCommands } from './loop-commands.ts';
import * as messages from './messages.ts';
import { remindIfQuiet } from './remind-if-quiet.ts';
import { carryOutResize, carryOutSteering, isSteered } from './steer-review.ts';

/** Calls that take seconds. A service that is down is asked again for as long as it takes. */
const quick = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** One try of a call that nearly always takes a moment: one event of history instead of three, and no further workflow task. */
const brief = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 1 },
});

/** What may fail: people are reminded again. */
const optional = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
});

/** For fetching the images and uploading the model, beside training; a dead worker is noticed by its heartbeats long before. */
const transferSeconds = 6 * 3600;

/** Shards under way at once, over all workers of the queue. */
const shardsAtOnce = 16;

export interface LoopResult {
  /** A sentence. */
  readonly ended: string;
  readonly history: readonly CycleSummary[];
}

/** Thrown between steps to leave the cycle; never leaves the workflow. */
class Ended extends Error {}

/**
 * The DagsHub recipe as one durable loop. Every run walks one cycle and continues as new, so its history stays small; its only argument is
 * plain JSON and is all that the next run knows.
 *
 * Cycle 0 asks people for the hold-out, the validation set and a first batch; every later one trains, measures, infers, selects and asks.
 */
export async function activeLearningLoop(state: LoopState): Promise<LoopResult> {
  const { workflowId } = workflowInfo();
  const { spec, cycle } = state;
  let scheme = labelScheme(spec);
  const opinions = opinionRule(spec);
  const oneProject = spec.review.projects === 'loop' && { oneProject: true };
  const startTimeMs = Date.now();
  let phase: Phase = 'enrich';
  let sinceMs = startTimeMs;
  let ended: string | null = null;
  let inference: messages.LoopStatus['inference'] = null;
  let progress: readonly ReviewProgress[] = [];
  let changed = false;
  let toldBest: number | null = null;
  let decision: string | null = null;
  const startedMs = (state.startedMs ??= startTimeMs);
  const askAgain = spec.review.skipped === 'ask-again';

  setHandler(messages.annotationsChangedSignal, () => {
    changed = true;
  });
  setHandler(messages.loopStatusQuery, status);
  setHandler(messages.cycleHistoryQuery, () => state.history);
  const wishes = handleCommands(state, status);

  try {
    if (state.waitingSinceMs === undefined) await (cycle === 0 ? askFirst() : learnAndAsk());
    await waitForAnnotations();
    await collect();
    await checkpoint();
    return await nextRun(cycle + 1);
  } catch (error) {
    if (error instanceof Ended) return await finish(error.message);
    if (isCancellation(error)) enter('stopped');
    throw error;
  }

  /** Steps 1 and 2, and cycle 0's reviews: hold-out and validation first, so that every later number is honest. */
  async function askFirst(): Promise<void> {
    enter('enrich');
    await quick.checkConnections();
    await copyLabelConfig();
    const datasource = await enrich();
    await checkpoint();
    enter('select');
    await long.selectFirstBatch({
      datasourceId: datasource.id,
      rootUrl: datasource.rootUrl,
      seed: spec.seed,
      holdOutImages: holdOutImages(spec.holdOut, imagesInSplits(state.images)),
      ...(spec.holdOut.stratify !== undefined && { stratifyHoldOut: spec.holdOut.stratify }),
      validationImages: spec.validation.images,
      firstImages: spec.selection.firstImages,
    });
    enter('open review');
    await openReview('hold-out', ['hold-out'], null);
    await openReview('validation', ['validation'], null);
    await openReview('first', ['first'], null);
  }

  /** Steps 3 to 10. */
  async function learnAndAsk(): Promise<void> {
    const datasource = await enrich();
    await checkpoint();
    const trained = await train(datasource);
    await checkpoint();
    const { summary, champion } = await evaluate(datasource, trained);
    endOrGoOn(summary);
    await checkpoint();
    const { unreadable, setAside } = await infer(datasource, champion);
    await checkpoint();
    const selected = await select(datasource, champion, trained);
    remember({
      ...summary,
      selected,
      unreadable: summary.unreadable + unreadable,
      ...(setAside.length > 0 && { setAside }),
    });
    if (selected === 0) throw new Ended('nothing is left in the pool that selection may ask');
    await checkpoint();
    enter('open review');
    await openBatch(champion);
  }

  function openBatch(runId: string): Promise<void> {
    const purposes = ['score', 'empty', 'random'] as const;
    return openReview('batch', askAgain ? [...purposes, 'again'] : purposes, runId);
  }

  /** Another project's labelling config is the loop's own from here on: what becomes of it there does not matter. */
  async function copyLabelConfig(): Promise<void> {
    const { copyFrom } = spec.review;
    if (copyFrom === undefined) return;
    spec.review.labelConfig = await quick.copyLabelConfig({ title: copyFrom, scheme });
    scheme = labelScheme(spec);
  }

  /** By the rules as they are now: people may have changed them. Where it shall ask, it stays paused until somebody resumes it. */
  function endOrGoOn({ trainLabels, metric, gain, entropy }: CycleSummary): void {
    const facts = { ...stopBase(trainLabels), metric, gain, entropy, nowMs: Date.now() };
    decision = stopDecision(spec.stop, facts);
    const reason = stopReason(spec.stop, facts);
    if (reason === null) return;
    if (spec.stop.ask !== true) throw new Ended(reason);
    state.paused = true;
  }

  /** What the rules to end by need beside the newest measurement. */
  function stopBase(trainLabels: number) {
    const kappas = state.history.flatMap(({ kappa }) => kappa ?? []);
    return { cycle, trainLabels, kappas, hours: Math.round((Date.now() - startedMs) / 36_000) / 100 };
  }

  async function enrich(): Promise<{ id: string; rootUrl: string }> {
    enter('enrich');
    const datasource = await long.ensureDatasource({
      name: datasourceName(spec),
      rootUrl: spec.datasource.path,
    });
    state.datasource = datasource;
    let imported = state.images?.imported;
    if (cycle === 0 && spec.importAnnotations.length > 0)
      imported = await long.importAnnotations({
        datasource,
        scheme,
        imports: spec.importAnnotations,
      });
    const images = await long.assignSplits({
      datasourceId: datasource.id,
      rule: spec.splits,
      seed: spec.seed,
    });
    state.images = { ...images, ...(imported && { imported }) };
    return datasource;
  }

  async function train(datasource: { id: string; rootUrl: string }) {
    enter('train');
    const trainer = proxyActivities<Activities>({
      taskQueue: queueOf(spec.training.queue),
      startToCloseTimeout: `${spec.training.maxSeconds + transferSeconds} seconds`,
      heartbeatTimeout: '1 minute',
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
    });
    return trainer.trainModel.executeWithOptions({ summary: `train cycle ${cycle}` }, [
      {
        workflowId,
        loop: spec.loop,
        cycle,
        repo: spec.repo,
        datasource: { ...datasource, name: datasourceName(spec) },
        scheme,
        seed: spec.seed,
        training: spec.training,
        startTimeMs,
      },
    ]);
  }

  /** Measures the new model, and answers the run of the champion too: the rest of the cycle goes on with its model. */
  async function evaluate(
    datasource: { id: string; rootUrl: string },
    trained: Awaited<ReturnType<Activities['trainModel']>>,
  ): Promise<{ summary: CycleSummary; champion: string }> {
    enter('evaluate');
    const { runId } = trained;
    const measured = await inferQueue().evaluateModel.executeWithOptions(
      { summary: `measure cycle ${cycle}` },
      [
        {
          loop: spec.loop,
          runId,
          datasource,
          scheme,
          seed: spec.seed,
          startTimeMs,
          ...(spec.selection.score === 'predicted-loss' && { predictsLosses: true }),
          stop: { workflowId, rule: spec.stop, ...stopBase(trained.trainLabels) },
        },
      ],
    );
    const summary: CycleSummary = {
      cycle,
      trainLabels: trained.trainLabels,
      runId,
      runUrl: trained.runUrl,
      modelVersion: trained.modelVersion,
      metric: measured.metric,
      others: measured.others,
      holdOut: measured.holdOut,
      selected: 0,
      unreadable: measured.unreadable,
      ...measured.signs,
      champion: measured.champion.cycle,
      championReason: measured.champion.reason,
    };
    remember(summary);
    return { summary, champion: measured.champion.runId };
  }

  /** Answers how many images were set aside, and the first few with their reasons. */
  async function infer(
    datasource: { id: string; rootUrl: string },
    runId: string,
  ): Promise<{ unreadable: number; setAside: readonly string[] }> {
    enter('infer');
    const { shardImages } = spec.inference;
    const embed = needsVectors(batchRule(spec, 0));
    const shards = await long.planInference({
      datasourceId: datasource.id,
      shardImages,
      ...(embed && { embed }),
    });
    const rule = scoreRule(spec);
    const worker = inferQueue();
    const setAside: string[] = [];
    let unreadable = 0;
    let next = 0;
    inference = {
      shardsDone: 0,
      unreadable,
      shards: shards.length,
      images: shards.reduce((sum, one) => sum + one.images, 0),
    };
    const lane = async (): Promise<void> => {
      for (let shard = shards[next++]; shard; shard = shards[next++]) {
        const summary = `infer ${shard.images} images of cycle ${cycle}`;
        const done = await worker.inferShard.executeWithOptions({ summary }, [
          {
            runId,
            datasource,
            shard,
            rule,
            ...(spec.selection.costs && { costs: spec.selection.costs }),
            scheme,
            ...(embed && { embedFor: cycle }),
          },
        ]);
        unreadable += done.unreadable;
        setAside.push(...(done.examples ?? []));
        if (inference) inference = { ...inference, unreadable, shardsDone: inference.shardsDone + 1 };
      }
    };
    await Promise.all(Array.from({ length: shardsAtOnce }, lane));
    inference = null;
    return { unreadable, setAside: setAside.slice(0, 3) };
  }

  /** By the scores that the model of `runId` gave; the run of the cycle keeps how. */
  async function select(
    datasource: { id: string },
    runId: string,
    { runId: cycleRunId, trainLabels }: { runId: string; trainLabels: number },
  ): Promise<number> {
    enter('select');
    const rule = batchRule(spec, affordableImages(spec, trainLabels));
    const batch = await long.selectBatch({
      datasourceId: datasource.id,
      cycle,
      runId,
      seed: spec.seed,
      rule,
      cycleRunId,
      ...(needsVectors(rule) && { scheme: { task: spec.task, classes: spec.classes } }),
      ...(askAgain && { askAgain }),
    });
    return batch.selected;
  }

  async function openReview(part: string, purposes: readonly Purpose[], runId: string | null): Promise<void> {
    const { datasource } = state;
    if (!datasource)
      throw ApplicationFailure.nonRetryable('A review was opened before the datasource was known.');
    const review = await long.openReview.executeWithOptions({ summary: `review ${part} of cycle ${cycle}` }, [
      {
        workflowId,
        loop: spec.loop,
        cycle,
        part,
        purposes,
        datasource,
        scheme,
        runId,
        ...(opinions && { opinions }),
        ...(spec.review.blindShare && { blind: { share: spec.review.blindShare, seed: spec.seed } }),
        ...oneProject,
      },
    ]);
    if (!review) return;
    const known = state.reviews.find(({ projectId }) => projectId === review.projectId);
    // Several parts of a cycle may share a project.
    const shared = [...new Set([...(known?.cycle === cycle ? known.purposes : []), ...review.purposes])];
    state.reviews = [...state.reviews.filter((one) => one !== known), { ...review, purposes: shared }];
  }

  /** Step 11: until enough is answered, the deadline passes, or a person closes the review. A lost webhook costs one poll, no label. */
  async function waitForAnnotations(): Promise<void> {
    enter('wait for annotations');
    sinceMs = state.waitingSinceMs ??= Date.now();
    const { pollSeconds, minReadSeconds } = spec.review;
    const ending = () => wishes.closing || wishes.stopping !== null;
    const urgent = () => ending() || isSteered(state) || state.resize !== undefined;
    for (;;) {
      await carryOutSteering(state, long);
      await carryOutResize(state, long, openBatch);
      const readAtMs = Date.now();
      const deadlineMs = waitEndMs();
      changed = false;
      progress = await readReviews();
      setCurrentDetails(currentDetails(status()));
      if (reviewDone(ofThisCycle(), spec.review) || ending() || Date.now() >= deadlineMs) return;
      await remindIfQuiet(state, openTasks(), workflowId, optional);
      if (workflowInfo().historyLength > (state.eventsPerRun ?? 2000)) return nextRun(cycle);
      await condition(
        () => changed || urgent(),
        Math.min(pollSeconds * 1000, Math.max(deadlineMs - Date.now(), 1)),
      );
      const quiet = quietSeconds(
        { progress: ofThisCycle(), enough: spec.review, elapsedSeconds: (readAtMs - sinceMs) / 1000 },
        { least: minReadSeconds, most: pollSeconds },
      );
      const quietMs = Math.min(readAtMs + quiet * 1000, deadlineMs) - Date.now();
      if (quietMs > 0) await condition(urgent, quietMs);
    }
  }

  /** Without the hold-out's answers nothing could be measured. People may change the limit while they annotate. */
  function waitEndMs(): number {
    const { deadlineHours } = spec.review;
    const reviewEndMs = deadlineHours === undefined ? Infinity : sinceMs + deadlineHours * 3_600_000;
    return cycle === 0 ? reviewEndMs : Math.min(reviewEndMs, timeLimitMs(spec.stop, startedMs));
  }

  function openTasks(): { settled: number; open: number } {
    const { settled, needed } = settledTasks(ofThisCycle(), { doneShare: 1 });
    return { settled, open: needed - settled };
  }

  function ofThisCycle(): readonly ReviewProgress[] {
    return progress.filter((_, index) => state.reviews[index]?.cycle === cycle);
  }

  /** How far the open reviews are. When Label Studio is slow or away, the patient way takes over, which leaves no trace of its tries. */
  async function readReviews(): Promise<readonly ReviewProgress[]> {
    const cycles = state.reviews.map((review) => review.cycle);
    const input = {
      projectIds: state.reviews.map(({ projectId }) => projectId),
      ...(opinions && { opinions: { rule: opinions, scheme, cycles } }),
      ...(oneProject && { cycle }),
    };
    try {
      return await brief.readReview(input);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return quick.readReview(input);
    }
  }

  /** Reads all reviews that somebody may still answer, late ones of earlier cycles too; a review without open tasks is left behind. */
  async function collect(): Promise<void> {
    enter('collect');
    const { datasource } = state;
    if (datasource && state.reviews.length > 0) {
      const collected = await long.collectAnnotations({
        datasourceId: datasource.id,
        scheme,
        loop: spec.loop,
        reviews: state.reviews.map((review) => ({
          projectId: review.projectId,
          cycle: review.cycle,
          ...(spec.review.rest === 'withdraw' &&
            review.purposes.every(isOfPool) && { withdraw: 'the review was closed' }),
        })),
        ...(askAgain && { askAgain }),
        ...(opinions && { opinions }),
        ...(spec.review.cost && { cost: spec.review.cost }),
        ...oneProject,
        ...((spec.review.cost ?? spec.review.blindShare) && { tell: true as const }),
      });
      Object.assign(state, leaveReviews(state, collected));
      const told = collected.findLast((review) => review.suggestions !== undefined)?.suggestions;
      if (told !== undefined) state.suggestions = told;
      const refused = collected.flatMap((review) => review.refused ?? []);
      if (refused.length > 0) state.refused = refused.slice(0, 3);
      else delete state.refused;
      const stale = new Set(collected.flatMap((review) => review.stale ?? []));
      if (stale.size > 0) state.stale = [...stale];
      else delete state.stale;
      progress = [];
    }
    delete state.waitingSinceMs;
    delete state.quiet;
  }

  /** Between two steps: leaves when told to stop, and stays while paused. */
  async function checkpoint(): Promise<void> {
    await carryOutSteering(state, long);
    if (state.paused && wishes.stopping === null) {
      const before = phase;
      enter('paused');
      const goesOn = () => !state.paused || wishes.stopping !== null;
      while (!goesOn()) {
        await condition(() => goesOn() || isSteered(state));
        await carryOutSteering(state, long);
      }
      enter(before);
    }
    if (wishes.stopping !== null) throw new Ended(wishes.stopping);
  }

  async function finish(reason: string): Promise<LoopResult> {
    ended = reason;
    enter(wishes.stopping === null ? 'done' : 'stopped');
    await condition(allHandlersFinished);
    return { ended: reason, history: state.history };
  }

  async function nextRun(nextCycle: number): Promise<never> {
    await condition(allHandlersFinished);
    if (wishes.stopping !== null) throw new Ended(wishes.stopping);
    const history = state.history.map(
      ({ championReason: _, setAside: __, entropy: ___, gain: ____, arm: _____, ...row }) => row,
    );
    return continueAsNew<typeof activeLearningLoop>({ ...state, history, cycle: nextCycle });
  }

  function queueOf(queue: QueueName): string {
    return queueBeside(workflowInfo().taskQueue, queue);
  }

  function inferQueue() {
    return proxyActivities<Activities>({
      taskQueue: queueOf('infer'),
      startToCloseTimeout: '12 hours',
      heartbeatTimeout: '1 minute',
      retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
    });
  }

  function enter(next: Phase): void {
    phase = next;
    sinceMs = Date.now();
    const best = state.history.reduce((highest, { metric }) => Math.max(highest, metric.value), 0);
    upsertSearchAttributes([
      { key: phaseKey, value: next },
      ...(toldBest === null ? [{ key: cycleKey, value: cycle }] : []),
      ...(toldBest === best ? [] : [{ key: bestMetricKey, value: best }]),
    ]);
    toldBest = best;
    setCurrentDetails(currentDetails(status()));
  }

  function remember(summary: CycleSummary): void {
    const earlier = state.history.filter((one) => one.cycle !== summary.cycle);
    state.history = [...earlier.map(olderRow), summary].slice(-keptEntries);
  }

  function status(): messages.LoopStatus {
    return {
      loop: spec.loop,
      phase,
      cycle,
      paused: state.paused,
      images: state.images ?? null,
      inference,
      reviews: state.reviews.map(({ title, url, tasks }: OpenReview, index) => ({
        title,
        url,
        tasks: progress[index]?.tasks ?? tasks,
        answered: progress[index]?.answered ?? 0,
        skipped: progress[index]?.skipped ?? 0,
        ...opinionsOf(progress[index]),
      })),
      refused: state.refused ?? [],
      stale: state.stale ?? [],
      ...(state.suggestions !== undefined && { suggestions: state.suggestions }),
      ...(spec.review.cost && { cost: workText(workSoFar(state) ?? noWork, spec.review.cost) }),
      latest: state.history.at(-1) ?? null,
      decision,
      sinceMs,
      ...waits(),
      pausedBy: (state.paused && state.decisions.findLast(({ command }) => command === 'pause')) || null,
      ...wished(state),
      ended,
    };
  }

  function waits(): Pick<messages.LoopStatus, 'settled' | 'deadlineMs'> {
    if (phase !== 'wait for annotations') return { settled: null, deadlineMs: null };
    const endMs = waitEndMs();
    return {
      settled: progress.length === 0 ? null : settledTasks(ofThisCycle(), spec.review),
      deadlineMs: endMs === Infinity ? null : endMs,
    };
  }
}

function wished({ steering = [], resize, steered }: LoopState): Partial<messages.LoopStatus> {
  const wishes = [
    ...steering.map(({ command, paths, by }) => `${command} ${paths.length} images, by ${by}`),
    ...(resize ? [`another size of the batch, by ${resize.by}`] : []),
  ];
  return { ...(wishes.length > 0 && { wishes }), ...(steered !== undefined && { steered }) };
}

/** Only what there is of it. */
function opinionsOf({ begun, disputed, undecided, openSinceMs }: Partial<ReviewProgress> = {}) {
  return {
    ...(openSinceMs !== undefined && { openSinceMs }),
    ...(begun !== undefined && { begun }),
    ...(disputed !== undefined && { disputed }),
    ...(undecided !== undefined && { undecided }),
  };
}

/** A row without what can be found by its model's version. */
function olderRow({ runId, runUrl: _, championReason: __, ...row }: CycleSummary): CycleSummary {
  return row.modelVersion === null && runId !== undefined ? { ...row, runId } : row;
}

const phaseKey = defineSearchAttributeKey('LabelloopPhase', 'KEYWORD');
const cycleKey = defineSearchAttributeKey('LabelloopCycle', 'INT');
const bestMetricKey = defineSearchAttributeKey('LabelloopBestMetric', 'DOUBLE');
