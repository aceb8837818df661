import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import { allOf, anyOf, equals, isNull, type Datapoint } from '../core/datapoints.ts';
import { fields, type Purpose } from '../core/fields.ts';
import type { OpenReview } from '../core/loop-state.ts';
import type { ReviewTask } from '../core/ports.ts';
import { loopTitle, reviewTitle } from '../core/review-title.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { recordSent } from './record-sent.ts';

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
  /** The loop has one project; its tasks bear their cycle. Default: one a cycle and part. */
  readonly oneProject?: boolean;
}

export function openReviewActivity(deps: Pick<ActivityDeps, 'engine' | 'board' | 'workDir' | 'webhook'>) {
  const { engine, board, webhook } = deps;
  return {
    /**
     * Steps 9 and 10: a Label Studio project with a task for every unanswered datapoint of the cycle, pre-annotated. Keys: the
     * project's title, the task's path, the prediction's `model_version`. Each datapoint's ledger then says that it was sent. Answers null when
     * there is nothing to ask.
     *
     * @throws DomainError when the labelling config has no control for the task or misses a class: final.
     */
    async openReview(input: OpenReviewInput): Promise<OpenReview | null> {
      const signal = cancellationSignal();
      const { labelConfig } = answersOf(input.scheme);
      const { oneProject = false, cycle } = input;
      const asked = await reviewTasks(input, signal);
      const tasks = oneProject ? asked.map((task) => ({ ...task, cycle })) : asked;
      if (tasks.length === 0) return null;
      const title = oneProject ? loopTitle(input.loop) : reviewTitle(input.loop, cycle, input.part);
      const description = oneProject
        ? `labelloop: all images that ${input.loop} asks.`
        : `labelloop: ${input.purposes.join(', ')} images of cycle ${cycle}.`;
      const projectId = await board.ensureProject({ title, description, labelConfig }, signal);
      if (webhook)
        await board.ensureWebhook(
          {
            projectId,
            url: `${webhook.url}/webhooks/label-studio/${encodeURIComponent(input.workflowId)}`,
            headers: { 'X-Labelloop-Secret': webhook.secret },
          },
          signal,
        );
      await board.ensureTasks({ projectId, tasks, onProgress: (done) => heartbeat({ done }) }, signal);
      const review = { cycle: input.cycle, project: projectId };
      await recordSent(deps, { datasourceId: input.datasource.id, review, tasks }, signal);
      const url = board.projectUrl(projectId);
      return { projectId, url, title, cycle: input.cycle, purposes: input.purposes, tasks: tasks.length };
    },
  };

  /** In the order people should see them: lowest rank first. */
  async function reviewTasks(input: OpenReviewInput, signal: AbortSignal): Promise<ReviewTask[]> {
    const { selectedInCycle, selectedAs, selectedRank, annotation, prediction, predRun, predScore } = fields;
    const pages = engine.queryDatapoints(
      {
        datasourceId: input.datasource.id,
        where: allOf(
          equals(selectedInCycle.name, input.cycle, selectedInCycle.valueType),
          anyOf(...input.purposes.map((purpose) => equals(selectedAs.name, purpose, selectedAs.valueType))),
          isNull(annotation.name, annotation.valueType),
        ),
        select: [selectedRank.name, prediction.name, predRun.name, predScore.name],
        orderBy: [{ field: selectedRank.name, order: 'ASC' }],
      },
      signal,
    );
    const tasks: ReviewTask[] = [];
    for await (const { datapoints } of pages) {
      tasks.push(
        ...(await keepAlive(mapBounded(datapoints, 8, (datapoint) => reviewTask(input, datapoint, signal)))),
      );
      heartbeat({ tasks: tasks.length });
    }
    return tasks;
  }

  async function reviewTask(
    { datasource, runId }: OpenReviewInput,
    { path, fields: row }: Datapoint,
    signal: AbortSignal,
  ): Promise<ReviewTask> {
    const task = { key: path, imageUrl: engine.downloadUrl({ rootUrl: datasource.rootUrl, path }) };
    const hash = row[fields.prediction.name];
    if (runId === null || row[fields.predRun.name] !== runId || hash === undefined) return task;
    const blob = await cachedBlob(deps, String(hash), signal);
    const result = resultOfBlob(blob, `The prediction of "${path}"`);
    return {
      ...task,
      prediction: { modelVersion: runId, score: Number(row[fields.predScore.name]), result },
    };
  }
}
