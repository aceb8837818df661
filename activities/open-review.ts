import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import { allOf, anyOf, equals, isNull, type Datapoint } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields, type Purpose } from '../core/fields.ts';
import type { OpenReview } from '../core/loop-state.ts';
import { peopleAsked, type OpinionRule } from '../core/opinions/opinion-rule.ts';
import type { ReviewTask } from '../core/ports.ts';
import { isBlind, type BlindRule } from '../core/pre-annotation/blind-rule.ts';
import { loopTitle, reviewTitle, withdrawnTitle } from '../core/review-title.ts';
import { inTurns } from '../core/selection/in-turns.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';
import { keepAlive } from './keep-alive.ts';
import { notExcluded } from './pool.ts';
import { mapBounded } from './map-bounded.ts';
import { recordSent } from './record-sent.ts';
import { secondOpinionTasks } from './second-opinion-tasks.ts';
import { wakeByWebhook } from './wake-by-webhook.ts';

export interface OpenReviewInput {
  readonly workflowId: string;
  readonly loop: string;
  readonly cycle: number;
  /** Names the project beside loop and cycle: `hold-out`, `batch`. */
  readonly part: string;
  readonly purposes: readonly Purpose[];
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly scheme: LabelScheme;
  /** The run whose predictions become pre-annotations; null: none. Never given for hold-out and validation, which people answer unaided. */
  readonly runId: string | null;
  /** Where several people answer some tasks. */
  readonly opinions?: OpinionRule;
  /** Where some tasks are answered without the prediction. */
  readonly blind?: BlindRule;
  /** The loop has one project; its tasks bear their cycle. Default: one a cycle and part. */
  readonly oneProject?: boolean;
}

export function openReviewActivity(deps: Pick<ActivityDeps, 'engine' | 'board' | 'workDir' | 'webhook'>) {
  const { engine, board } = deps;
  return {
    /**
     * Steps 9 and 10: a Label Studio project with a task for every unanswered datapoint of the cycle, pre-annotated, and for those that the cycle asks for
     * a second opinion. Keys: the
     * project's title, the task's path, the prediction's `model_version`. Each datapoint's ledger then says that it was sent. Answers null when
     * there is nothing to ask.
     *
     * @throws DomainError when the labelling config has no control for the task or misses a class, and when Label Studio does not know the
     * adjudicator: final.
     */
    async openReview(input: OpenReviewInput): Promise<OpenReview | null> {
      const signal = cancellationSignal();
      const { labelConfig } = answersOf(input.scheme);
      const { oneProject = false, cycle } = input;
      const unanswered = await reviewTasks(input, signal);
      const asked = [...unanswered, ...(await secondOpinionTasks(deps, input, signal))];
      if (asked.length === 0) return null;
      await assertAdjudicator(input.opinions, signal);
      const title = oneProject ? loopTitle(input.loop) : reviewTitle(input.loop, cycle, input.part);
      const description = oneProject
        ? `labelloop: all images that ${input.loop} asks.`
        : `labelloop: ${input.purposes.join(', ')} images of cycle ${cycle}.`;
      const projectId = await board.ensureProject({ title, description, labelConfig }, signal);
      await wakeByWebhook(deps, { projectId, workflowId: input.workflowId }, signal);
      // What was withdrawn and is asked again has its task, unless somebody has answered it: then it is asked no more.
      const withdrawn = {
        projectId,
        keys: unanswered.map(({ key }) => key),
        shelf: withdrawnTitle(input.loop, cycle),
      };
      const answered = new Set(await keepAlive(board.returnTasks(withdrawn, signal)));
      const isOpen = ({ key }: ReviewTask) => !answered.has(key);
      const open = asked.filter(isOpen);
      const tasks = oneProject ? open.map((task) => ({ ...task, cycle })) : open;
      await markBlind(input, unanswered.filter(isOpen), signal);
      await board.ensureTasks({ projectId, tasks, onProgress: (done) => heartbeat({ done }) }, signal);
      const review = { cycle: input.cycle, project: projectId };
      await recordSent(deps, { datasourceId: input.datasource.id, review, tasks }, signal);
      const url = board.projectUrl(projectId);
      return { projectId, url, title, cycle: input.cycle, purposes: input.purposes, tasks: tasks.length };
    },
  };

  async function assertAdjudicator(rule: OpinionRule | undefined, signal: AbortSignal): Promise<void> {
    if (rule?.adjudicator === undefined || (await board.findPerson(rule.adjudicator, signal)) !== null)
      return;
    throw new DomainError(
      `Label Studio knows nobody with the address ${rule.adjudicator}, which review.adjudicator names; invite that person, or name another.`,
    );
  }

  /** Before anybody can answer. */
  async function markBlind(
    { datasource, runId, blind }: OpenReviewInput,
    tasks: readonly ReviewTask[],
    signal: AbortSignal,
  ): Promise<void> {
    const { name, valueType } = fields.askedBlind;
    const entries = tasks
      .filter(({ key }) => runId !== null && isBlind(key, blind))
      .map(({ key }) => ({ path: key, key: name, valueType, value: true }));
    if (entries.length > 0) await engine.updateMetadata({ datasourceId: datasource.id, entries }, signal);
  }

  /** In the order people should see them: lowest rank first, and of what a strategy chose none right after what looks like it. */
  async function reviewTasks(input: OpenReviewInput, signal: AbortSignal): Promise<readonly ReviewTask[]> {
    const { selectedInCycle, selectedAs, selectedRank, selectedCluster, annotation } = fields;
    const { prediction, predRun, predScore } = fields;
    const pages = engine.queryDatapoints(
      {
        datasourceId: input.datasource.id,
        where: allOf(
          equals(selectedInCycle.name, input.cycle, selectedInCycle.valueType),
          anyOf(...input.purposes.map((purpose) => equals(selectedAs.name, purpose, selectedAs.valueType))),
          isNull(annotation.name, annotation.valueType),
          notExcluded,
        ),
        select: [selectedRank, selectedAs, selectedCluster, prediction, predRun, predScore].map(
          ({ name }) => name,
        ),
        orderBy: [{ field: selectedRank.name, order: 'ASC' }],
      },
      signal,
    );
    const tasks: ReviewTask[] = [];
    const chosen = new Set<string>();
    for await (const { datapoints } of pages) {
      tasks.push(
        ...(await keepAlive(mapBounded(datapoints, 8, (datapoint) => reviewTask(input, datapoint, signal)))),
      );
      for (const { path, fields: row } of datapoints) if (row[selectedAs.name] === 'score') chosen.add(path);
      heartbeat({ tasks: tasks.length });
    }
    // The random arm stays as it was drawn, so that any beginning of it is at random.
    return inTurns(tasks, ({ key, cluster }) => (chosen.has(key) ? cluster : undefined));
  }

  async function reviewTask(
    { datasource, runId, opinions, blind }: OpenReviewInput,
    { path, fields: row }: Datapoint,
    signal: AbortSignal,
  ): Promise<ReviewTask> {
    const people = peopleAsked(path, opinions);
    const imageUrl = engine.downloadUrl({ rootUrl: datasource.rootUrl, path });
    const cluster = row[fields.selectedCluster.name];
    const task = {
      key: path,
      imageUrl,
      ...(people > 1 && { people }),
      ...(cluster !== undefined && { cluster: String(cluster) }),
    };
    const hash = row[fields.prediction.name];
    if (runId === null || row[fields.predRun.name] !== runId || hash === undefined) return task;
    if (isBlind(path, blind)) return task;
    const blob = await cachedBlob(deps, String(hash), signal);
    const result = resultOfBlob(blob, `The prediction of "${path}"`);
    return {
      ...task,
      prediction: { modelVersion: runId, score: Number(row[fields.predScore.name]), result },
    };
  }
}
