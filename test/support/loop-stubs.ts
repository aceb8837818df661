import type { Activities } from '../../activities/index.ts';
import type { OpenReview } from '../../core/loop-state.ts';
import type { ReviewProgress } from '../../core/ports.ts';

export interface StubCall {
  readonly activity: keyof Activities;
  readonly input: unknown;
}

/**
 * Stand-in activities for workflow tests: a board of reviews with two tasks each, or {@link tasks}, and fixed numbers for the rest. People answer at once
 * unless {@link answersAtOnce} is false; then a test answers with {@link answer}.
 */
export class LoopStubs {
  /** In the order they began. */
  readonly calls: StubCall[] = [];
  readonly activities: Activities;
  answersAtOnce = true;
  /** Of each review. */
  tasks = 2;
  private readonly reviews: OpenReview[] = [];
  private readonly answered = new Map<number, number>();

  /** @param overrides - Activities that do something else; they are recorded too. */
  constructor(overrides: Partial<Activities> = {}) {
    const all: Activities = { ...this.defaults(), ...overrides };
    this.activities = Object.fromEntries(
      Object.entries(all).map(([name, work]) => [
        name,
        (input: unknown) => {
          this.calls.push({ activity: name as keyof Activities, input: structuredClone(input) });
          return (work as (input: unknown) => Promise<unknown>)(input);
        },
      ]),
    ) as unknown as Activities;
  }

  /** Inputs that an activity was called with. */
  inputs<Name extends keyof Activities>(name: Name): Parameters<Activities[Name]>[0][] {
    return this.calls
      .filter(({ activity }) => activity === name)
      .map(({ input }) => input as Parameters<Activities[Name]>[0]);
  }

  /** All tasks of a project, or as many as given, are answered. */
  answer(title: string, answered = this.tasks): void {
    const review = this.reviews.find((one) => one.title === title);
    if (!review) throw new Error(`No review "${title}".`);
    this.answered.set(review.projectId, answered);
  }

  private progress(projectId: number): ReviewProgress {
    const review = this.reviews.find((one) => one.projectId === projectId);
    if (!review) throw new Error(`No project ${projectId}.`);
    const answered = this.answersAtOnce ? review.tasks : (this.answered.get(projectId) ?? 0);
    return { tasks: review.tasks, answered, skipped: 0 };
  }

  private defaults(): Activities {
    return {
      checkConnections: async () => [],
      copyLabelConfig: async ({ title }) => `<View><!-- ${title} --></View>`,
      ensureDatasource: async ({ rootUrl }) => ({ id: '7', rootUrl }),
      assignSplits: async () => ({ splits: { train: 12, valid: 6, test: 2 }, ungrouped: 0, foreign: 0 }),
      importAnnotations: async () => ({ imported: 0, kept: 0, unmatched: 0, unmatchedExamples: [] }),
      selectFirstBatch: async () => ({ holdOut: 2, validation: 2, first: 2 }),
      trainModel: async ({ cycle }) => ({
        runId: `run-${cycle}`,
        experimentId: '3',
        runUrl: `http://mlflow.invalid/run-${cycle}`,
        modelVersion: String(cycle),
        trainLabels: 2 * cycle,
        validLabels: 2,
      }),
      evaluateModel: async ({ runId }) => ({
        holdOut: 2,
        metric: { name: 'macro recall', value: 0.75, low: 0.5, high: 0.9 },
        others: { accuracy: 0.75 },
        unreadable: 0,
        champion: { runId, cycle: Number(runId.slice('run-'.length)), reason: 'the first model' },
      }),
      planInference: async () => [
        { after: null, images: 5 },
        { after: 'cursor', images: 3 },
      ],
      inferShard: async ({ shard }) => ({ predicted: shard.images, skipped: 0, unreadable: 0 }),
      selectBatch: async () => ({ selected: 2, pool: 8 }),
      openReview: async ({ loop, cycle, part, purposes }) => {
        const title = `${loop} cycle ${cycle} ${part}`;
        const known = this.reviews.find((one) => one.title === title);
        if (known) return known;
        const projectId = this.reviews.length + 1;
        const url = `http://board.invalid/projects/${projectId}`;
        const review = { projectId, url, title, cycle, purposes, tasks: this.tasks };
        this.reviews.push(review);
        return review;
      },
      withdrawTasks: async ({ paths }) => ({ withdrawn: paths.length, idle: 0, kept: [], unknown: [] }),
      remindAnnotators: async () => undefined,
      resizeBatch: async ({ maxImages }) => ({ selected: maxImages, withdrawn: 0, runId: 'run-1' }),
      readReview: async ({ projectIds }) => projectIds.map((id) => this.progress(id)),
      collectAnnotations: async ({ reviews }) =>
        reviews.map(({ projectId }) => {
          const { tasks, answered } = this.progress(projectId);
          return { projectId, collected: answered, unchanged: 0, skipped: 0, open: tasks - answered };
        }),
    };
  }
}
