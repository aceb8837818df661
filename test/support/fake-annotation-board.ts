import { DomainError, ServiceRejectedError } from '../../core/errors.ts';
import type {
  AnnotationBoard,
  ConnectionReport,
  ResultItem,
  ReviewAnnotation,
  ReviewedTask,
  ReviewProgress,
  ReviewTask,
  ShelvedTasks,
} from '../../core/ports.ts';
import { assertSendable } from '../../services/label-studio/assert-sendable.ts';
import { predictionsOfTask } from '../../services/label-studio/predictions-of-task.ts';

type Prediction = NonNullable<ReviewTask['prediction']>;

export interface FakeTask {
  readonly id: number;
  readonly key: string;
  readonly imageUrl: string;
  people: number;
  /** The stream gives it to nobody any more. */
  isClosed: boolean;
  cycle?: number;
  readonly cluster?: string;
  readonly predictions: Prediction[];
  readonly annotations: ReviewAnnotation[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601: when it, or an annotation of it, last changed. */
  updatedAt: string;
  /** Somebody began an answer. */
  isBegun?: boolean;
}

export interface FakeProject {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly labelConfig: string;
  /** The version annotators start from. */
  modelVersion: string | null;
  readonly tasks: FakeTask[];
  readonly webhooks: { readonly url: string; headers: Readonly<Record<string, string>> }[];
}

/**
 * A Label Studio in memory that keeps the promises of `test/contracts/annotation-board.ts`. A test is its people: {@link answer},
 * {@link skip}, {@link revise}. Counts its calls in {@link calls}, and throws what {@link failNext} was given.
 */
export class FakeAnnotationBoard implements AnnotationBoard {
  /** Calls by method name. */
  readonly calls: Record<string, number> = {};
  /** Ids of people by their addresses. */
  readonly people = new Map([['ada@example.com', 1]]);
  private readonly projects: FakeProject[] = [];
  private readonly failures: { method: string; error: Error }[] = [];
  private ids = 0;

  /** The next call of that method throws; several queue up. */
  failNext(method: keyof AnnotationBoard, error: Error): void {
    this.failures.push({ method, error });
  }

  /** A person answers a task. Several answers to one task are kept. */
  answer(projectId: number, key: string, result: readonly ResultItem[], completedBy = 1): ReviewAnnotation {
    return this.annotate(projectId, key, { result, wasCancelled: false, startedFrom: null }, completedBy);
  }

  /** A person answers a task in the editor, which showed the newest prediction. */
  answerSuggestion(
    projectId: number,
    key: string,
    result: readonly ResultItem[],
    completedBy = 1,
  ): ReviewAnnotation {
    const startedFrom = this.task(projectId, key).predictions.at(-1) ?? null;
    return this.annotate(projectId, key, { result, wasCancelled: false, startedFrom }, completedBy);
  }

  /** A person skips a task. */
  skip(projectId: number, key: string, completedBy = 1): ReviewAnnotation {
    return this.annotate(projectId, key, { result: [], wasCancelled: true, startedFrom: null }, completedBy);
  }

  /** A person begins an answer and leaves it. */
  begin(projectId: number, key: string): void {
    this.task(projectId, key).isBegun = true;
  }

  /** A person changes their last annotation of a task: same id, later `updatedAt`. */
  revise(projectId: number, key: string, result: readonly ResultItem[]): ReviewAnnotation {
    const task = this.task(projectId, key);
    const last = task.annotations.pop();
    if (!last) throw new Error(`Nobody has answered "${key}" yet.`);
    const revised = { ...last, result, updatedAt: this.now() };
    task.annotations.push(revised);
    task.updatedAt = revised.updatedAt;
    return revised;
  }

  /** A person deletes their last annotation of a task. */
  retract(projectId: number, key: string): void {
    const task = this.task(projectId, key);
    task.annotations.pop();
    task.updatedAt = this.now();
  }

  /** The stream gives a task to nobody any more, however many have answered it. */
  close(projectId: number, key: string): void {
    this.task(projectId, key).isClosed = true;
  }

  /** A person deletes a task. */
  deleteTask(projectId: number, key: string): void {
    const { tasks } = this.project(projectId);
    tasks.splice(tasks.indexOf(this.task(projectId, key)), 1);
  }

  /** A person deletes a project. */
  deleteProject(projectId: number): void {
    this.projects.splice(this.projects.indexOf(this.project(projectId)), 1);
  }

  /** Everything stored of a project: for assertions. */
  project(projectId: number): FakeProject {
    const found = this.projects.find(({ id }) => id === projectId);
    if (!found)
      throw new ServiceRejectedError(`Label Studio: GET /api/projects/${projectId}/: 404 Not found.`, {
        status: 404,
      });
    return found;
  }

  /** Ids of the projects of exactly that title: for assertions. */
  projectsTitled(title: string): number[] {
    return this.projects.filter((one) => one.title === title).map(({ id }) => id);
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    this.enter('check', signal);
    return { system: 'Label Studio', url: 'http://fake.invalid', detail: 'fake' };
  }

  async ensureProject(
    input: Parameters<AnnotationBoard['ensureProject']>[0],
    signal?: AbortSignal,
  ): Promise<number> {
    this.enter('ensureProject', signal);
    const { description, labelConfig } = input;
    const title = input.title.trim();
    if (title.length < 3 || title.length > 50)
      throw new DomainError(
        `The project title "${title}" has ${title.length} characters; Label Studio takes 3 to 50.`,
      );
    const existing = this.projects.find((one) => one.title === title);
    if (existing) return existing.id;
    const id = ++this.ids;
    this.projects.push({ id, title, description, labelConfig, modelVersion: null, tasks: [], webhooks: [] });
    return id;
  }

  async listProjects(titleStart: string, signal?: AbortSignal): Promise<{ id: number; title: string }[]> {
    this.enter('listProjects', signal);
    return this.projects
      .filter(({ title }) => title.startsWith(titleStart))
      .map(({ id, title }) => ({ id, title }));
  }

  async findLabelConfig(title: string, signal?: AbortSignal): Promise<string | null> {
    this.enter('findLabelConfig', signal);
    return this.projects.find((one) => one.title === title.trim())?.labelConfig ?? null;
  }

  async ensureTasks(
    { projectId, tasks, onProgress }: Parameters<AnnotationBoard['ensureTasks']>[0],
    signal?: AbortSignal,
  ): Promise<{ created: number; existing: number }> {
    this.enter('ensureTasks', signal);
    const project = this.project(projectId);
    assertSendable(tasks, project.labelConfig);
    let created = 0;
    for (const { key, imageUrl, people = 1, cycle, cluster, ...predicted } of tasks) {
      let task = project.tasks.find((one) => one.key === key);
      if (!task) {
        const createdAt = this.now();
        task = {
          id: ++this.ids,
          key,
          imageUrl,
          people,
          isClosed: false,
          ...(cycle !== undefined && { cycle }),
          ...(cluster !== undefined && { cluster }),
          predictions: [],
          annotations: [],
          createdAt,
          updatedAt: createdAt,
        };
        project.tasks.push(task);
        created += 1;
      }
      if (people > task.people) [task.people, task.isClosed] = [people, false];
      if (cycle !== undefined) task.cycle = cycle;
      for (const prediction of predictionsOfTask({ key, imageUrl, ...predicted }))
        if (!task.predictions.some((one) => one.modelVersion === prediction.modelVersion))
          task.predictions.push(prediction);
    }
    project.modelVersion =
      tasks.find((one) => one.prediction)?.prediction?.modelVersion ?? project.modelVersion;
    if (tasks.length > 0) onProgress?.(tasks.length);
    return { created, existing: tasks.length - created };
  }

  async ensureWebhook(
    { projectId, url, headers }: { projectId: number; url: string; headers: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('ensureWebhook', signal);
    const { webhooks } = this.project(projectId);
    const existing = webhooks.find((hook) => hook.url === url);
    if (existing) existing.headers = headers;
    else webhooks.push({ url, headers });
  }

  async askPeople(
    tasks: readonly { readonly taskId: number; readonly people: number }[],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('askPeople', signal);
    const all = this.projects.flatMap((project) => project.tasks);
    for (const { taskId, people } of tasks)
      Object.assign(
        all.find(({ id }) => id === taskId)!,
        { people, isClosed: false },
      );
  }

  async findPerson(email: string, signal?: AbortSignal): Promise<number | null> {
    this.enter('findPerson', signal);
    return this.people.get(email.toLowerCase()) ?? null;
  }

  async readProgress(projectId: number, signal?: AbortSignal): Promise<ReviewProgress> {
    this.enter('readProgress', signal);
    return progressOf(this.project(projectId).tasks);
  }

  async readCycleProgress(
    { projectId, cycle }: { projectId: number; cycle: number },
    signal?: AbortSignal,
  ): Promise<ReviewProgress> {
    this.enter('readCycleProgress', signal);
    return progressOf(this.project(projectId).tasks.filter((task) => task.cycle === cycle));
  }

  async oldestOpenTask(
    { projectId, cycle }: { projectId: number; cycle?: number },
    signal?: AbortSignal,
  ): Promise<number | null> {
    this.enter('oldestOpenTask', signal);
    const oldest = this.project(projectId).tasks.find(
      (task) => task.annotations.length === 0 && (cycle === undefined || task.cycle === cycle),
    );
    return oldest ? Date.parse(oldest.createdAt) : null;
  }

  async withdrawTasks(
    { projectId, keys, shelf: title }: ShelvedTasks,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    this.enter('withdrawTasks', signal);
    const { tasks, labelConfig } = this.project(projectId);
    const untouched = tasks.filter(
      ({ key, annotations, isBegun }) => annotations.length === 0 && !isBegun && keys.includes(key),
    );
    if (untouched.length > 0) {
      const shelf = await this.ensureProject({ title, description: '', labelConfig }, signal);
      this.move(untouched, projectId, shelf);
    }
    return keys.filter((key) => !tasks.some((task) => task.key === key));
  }

  async returnTasks(
    { projectId, keys, shelf }: ShelvedTasks,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    this.enter('returnTasks', signal);
    const [shelfId] = this.projectsTitled(shelf);
    if (shelfId === undefined) return [];
    const asked = this.project(shelfId).tasks.filter(({ key }) => keys.includes(key));
    const answered = asked.filter(({ annotations }) => annotations.length > 0);
    this.move(
      asked.filter((task) => !answered.includes(task)),
      shelfId,
      projectId,
    );
    return answered.map(({ key }) => key);
  }

  async *listReviewedTasks(
    projectId: number,
    signal?: AbortSignal,
    { changedSince, answered = false }: { changedSince?: string | undefined; answered?: boolean } = {},
  ): AsyncGenerator<readonly ReviewedTask[]> {
    this.enter('listReviewedTasks', signal);
    const tasks = this.project(projectId).tasks.filter(
      ({ updatedAt, annotations }) =>
        (changedSince === undefined || updatedAt > changedSince) && (!answered || annotations.length > 0),
    );
    for (let start = 0; start < tasks.length; start += 200)
      yield tasks
        .slice(start, start + 200)
        .map(({ id, key, imageUrl, people, isClosed, cycle, predictions, annotations }) => ({
          ...(cycle !== undefined && { cycle }),
          key,
          imageUrl,
          taskId: id,
          people,
          isClosed,
          predictions: predictions.length,
          annotations: [...annotations],
        }));
  }

  projectUrl(projectId: number): string {
    return `http://fake.invalid/projects/${projectId}/data`;
  }

  private annotate(
    projectId: number,
    key: string,
    what: Pick<ReviewAnnotation, 'result' | 'wasCancelled' | 'startedFrom'>,
    completedBy: number,
  ): ReviewAnnotation {
    const at = this.now();
    const id = ++this.ids;
    const annotation = { id, ...what, completedBy, leadTimeSeconds: 2.5, createdAt: at, updatedAt: at };
    const task = this.task(projectId, key);
    task.annotations.push(annotation);
    const answers = task.annotations.filter((one) => !one.wasCancelled);
    task.isClosed = new Set(answers.map((one) => one.completedBy)).size >= task.people;
    task.updatedAt = at;
    return annotation;
  }

  private task(projectId: number, key: string): FakeTask {
    const found = this.project(projectId).tasks.find((task) => task.key === key);
    if (!found) throw new Error(`Project ${projectId} has no task "${key}".`);
    return found;
  }

  private move(tasks: readonly FakeTask[], from: number, to: number): void {
    const there = this.project(from).tasks;
    for (const task of tasks) {
      there.splice(there.indexOf(task), 1);
      task.updatedAt = this.now();
      this.project(to).tasks.push(task);
    }
  }

  /** A clock that never stands still. */
  private now(): string {
    return new Date(Date.UTC(2030, 0, 1) + ++this.ids * 1000).toISOString();
  }

  private enter(method: keyof AnnotationBoard, signal?: AbortSignal): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    signal?.throwIfAborted();
    const index = this.failures.findIndex((one) => one.method === method);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure) throw failure.error;
  }
}

function progressOf(tasks: readonly FakeTask[]): ReviewProgress {
  const answered = tasks.filter((task) => task.annotations.some((one) => !one.wasCancelled)).length;
  const touched = tasks.filter((task) => task.annotations.length > 0).length;
  return { tasks: tasks.length, answered, skipped: touched - answered };
}
