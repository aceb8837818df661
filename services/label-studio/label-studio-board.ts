import { z } from 'zod';
import { DomainError, ServiceUnavailableError } from '../../core/errors.ts';
import type {
  AnnotationBoard,
  ConnectionReport,
  ReviewedTask,
  ReviewProgress,
  ShelvedTasks,
} from '../../core/ports.ts';
import { askPeople } from './ask-people.ts';
import { ensureTasks } from './ensure-tasks.ts';
import { LabelStudioHttp, type LabelStudioConnection } from './label-studio-http.ts';
import { cycleProgress } from './cycle-progress.ts';
import { countTouchedTasks } from './count-touched-tasks.ts';
import { listTasks, type TaskFilter } from './list-tasks.ts';
import { oldestOpenTask } from './oldest-open-task.ts';
import { returnTasks } from './return-tasks.ts';
import { withdrawTasks } from './withdraw-tasks.ts';
import { reviewedTaskFields, reviewedTaskSchema } from './reviewed-task.ts';

const projectSchema = z.looseObject({ id: z.number(), title: z.string() });
const projectPageSchema = z.looseObject({ next: z.string().nullish(), results: z.array(projectSchema) });
const projectDetailSchema = projectSchema.extend({
  label_config: z.string(),
  model_version: z.string().nullish(),
  task_number: z.number().nullish(),
  num_tasks_with_annotations: z.number().nullish(),
  skipped_annotations_number: z.number().nullish(),
  ground_truth_number: z.number().nullish(),
});
const webhooksSchema = z.array(
  z.looseObject({ id: z.number(), url: z.string(), project: z.number().nullish() }),
);
const usersSchema = z.array(z.looseObject({ id: z.number(), email: z.string() }));
const anything = z.unknown();

/** All that says that somebody answered. A PATCH without the whole list would empty it. */
const webhookActions = [
  'ANNOTATION_CREATED',
  'ANNOTATIONS_CREATED',
  'ANNOTATION_UPDATED',
  'ANNOTATIONS_DELETED',
  'TASKS_DELETED',
];

/** Label Studio, 1.23 or DagsHub's, over its REST API. */
export class LabelStudioBoard implements AnnotationBoard {
  readonly #http: LabelStudioHttp;

  constructor(connection: LabelStudioConnection) {
    this.#http = new LabelStudioHttp(connection);
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    const user = await this.#http.json(
      { method: 'GET', path: '/api/current-user/whoami', signal },
      z.looseObject({ email: z.string().optional(), username: z.string().optional() }),
    );
    return {
      system: 'Label Studio',
      url: this.#http.url,
      detail: user.email ?? user.username ?? 'known user',
    };
  }

  async ensureProject(
    input: Parameters<AnnotationBoard['ensureProject']>[0],
    signal?: AbortSignal,
  ): Promise<number> {
    const { description, labelConfig } = input;
    // As the server does: else the project would not be found by its title.
    const title = input.title.trim();
    if (title.length < 3 || title.length > 50)
      throw new DomainError(
        `The project title "${title}" has ${title.length} characters; Label Studio takes 3 to 50.`,
      );
    const existing = await this.#projectsTitled(title, signal);
    if (existing.length === 0)
      await this.#http.json(
        {
          method: 'POST',
          path: '/api/projects/',
          json: {
            title,
            description,
            label_config: labelConfig,
            // The order of import, which is the batch's own. By uncertainty the server draws at random where nothing is suggested.
            sampling: 'Sequential sampling',
            show_collab_predictions: true,
          },
          signal,
        },
        anything,
      );
    // Titles are not unique: a repeated create makes a second project, and every caller must use the same one.
    const [kept, ...doubles] = await this.#projectsTitled(title, signal);
    if (kept === undefined)
      throw new ServiceUnavailableError(`Label Studio: created the project "${title}" and does not list it.`);
    for (const double of doubles) await this.#setAsideIfEmpty(double, signal);
    return kept;
  }

  async findLabelConfig(title: string, signal?: AbortSignal): Promise<string | null> {
    const configs = new Set<string>();
    for (const id of await this.#projectsTitled(title.trim(), signal))
      configs.add((await this.#project(id, signal)).label_config);
    const [config = null, ...others] = configs;
    if (others.length > 0)
      throw new DomainError(
        `Label Studio has projects titled "${title}" with ${configs.size} different labelling configs; rename all but one.`,
      );
    return config;
  }

  async ensureTasks(
    input: Parameters<AnnotationBoard['ensureTasks']>[0],
    signal?: AbortSignal,
  ): Promise<{ created: number; existing: number }> {
    const { projectId, tasks } = input;
    const project = await this.#project(projectId, signal);
    const countTasks = async () => (await this.#project(projectId, signal)).task_number ?? 0;
    const ensured = { ...input, labelConfig: project.label_config, countTasks };
    const result = await ensureTasks(this.#http, ensured, signal);
    const version = tasks.find(({ prediction }) => prediction)?.prediction?.modelVersion;
    // Annotators start from the version that the project names, which nothing renews by itself.
    if (version !== undefined && project.model_version !== version)
      await this.#http.json(
        { method: 'PATCH', path: `/api/projects/${projectId}/`, json: { model_version: version }, signal },
        anything,
      );
    return result;
  }

  async ensureWebhook(
    { projectId, url, headers }: { projectId: number; url: string; headers: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<void> {
    const path = '/api/webhooks/';
    const existing = await this.#http.json(
      { method: 'GET', path, query: { project: projectId }, signal },
      webhooksSchema,
    );
    const [kept, ...doubles] = existing
      .filter((hook) => hook.url === url && hook.project === projectId)
      .sort((a, b) => a.id - b.id);
    const json = {
      project: projectId,
      url,
      headers,
      send_payload: false,
      send_for_all_actions: false,
      is_active: true,
      actions: webhookActions,
    };
    await this.#http.json(
      kept
        ? { method: 'PATCH', path: `${path}${kept.id}/`, json, signal }
        : { method: 'POST', path, json, signal },
      anything,
    );
    for (const { id } of doubles) await this.#http.remove(`${path}${id}/`, signal);
  }

  async askPeople(
    tasks: readonly { readonly taskId: number; readonly people: number }[],
    signal?: AbortSignal,
  ): Promise<void> {
    await askPeople(this.#http, tasks, signal);
  }

  async findPerson(email: string, signal?: AbortSignal): Promise<number | null> {
    const users = await this.#http.json({ method: 'GET', path: '/api/users/', signal }, usersSchema);
    return users.find((user) => user.email.toLowerCase() === email.toLowerCase())?.id ?? null;
  }

  async readProgress(projectId: number, signal?: AbortSignal): Promise<ReviewProgress> {
    const project = await this.#project(projectId, signal);
    const tasks = project.task_number ?? 0;
    // The project's numbers count a skip once a person, and leave out answers marked as ground truth: then the tasks are looked at.
    const isPlain = !project.skipped_annotations_number && !project.ground_truth_number;
    const { answered, skipped } = isPlain
      ? { answered: project.num_tasks_with_annotations ?? 0, skipped: 0 }
      : await countTouchedTasks(this.#http, projectId, signal);
    return { tasks: Math.max(tasks, answered + skipped), answered, skipped };
  }

  async withdrawTasks(
    { projectId, keys, shelf: title }: ShelvedTasks,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const shelf = async () => {
      const { label_config: labelConfig } = await this.#project(projectId, signal);
      const description =
        'labelloop: tasks that were taken back. Nobody need answer them; an answer is taken.';
      return this.ensureProject({ title, description, labelConfig }, signal);
    };
    return withdrawTasks(this.#http, { projectId, keys, shelf }, signal);
  }

  async returnTasks(
    { projectId, keys, shelf }: ShelvedTasks,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const [shelfId] = await this.#projectsTitled(shelf, signal);
    return shelfId === undefined ? [] : returnTasks(this.#http, { projectId, keys, shelfId }, signal);
  }

  async readCycleProgress(
    input: { projectId: number; cycle: number },
    signal?: AbortSignal,
  ): Promise<ReviewProgress> {
    return cycleProgress(this.#http, input, signal);
  }

  async oldestOpenTask(
    input: { projectId: number; cycle?: number },
    signal?: AbortSignal,
  ): Promise<number | null> {
    return oldestOpenTask(this.#http, input, signal);
  }

  async *listReviewedTasks(
    projectId: number,
    signal?: AbortSignal,
    { changedSince, answered = false }: { changedSince?: string | undefined; answered?: boolean } = {},
  ): AsyncGenerator<readonly ReviewedTask[]> {
    const filters: readonly (TaskFilter | false)[] = [
      changedSince !== undefined && {
        filter: 'filter:tasks:updated_at',
        operator: 'greater',
        type: 'Datetime',
        value: changedSince,
      },
      answered && { filter: 'filter:tasks:annotations_ids', operator: 'empty', type: 'String', value: false },
    ];
    const listing = {
      projectId,
      fields: 'all',
      include: reviewedTaskFields,
      pageSize: 200,
      filters: filters.filter((one) => one !== false),
    } as const;
    for await (const page of listTasks(this.#http, listing, reviewedTaskSchema, signal)) {
      // A task without key was added by hand: it belongs to no datapoint.
      const tasks = page.filter(({ key }) => key !== '');
      if (tasks.length > 0) yield tasks;
    }
  }

  projectUrl(projectId: number): string {
    return `${this.#http.url}/projects/${projectId}/data`;
  }

  async #project(projectId: number, signal?: AbortSignal): Promise<z.output<typeof projectDetailSchema>> {
    return this.#http.json(
      { method: 'GET', path: `/api/projects/${projectId}/`, signal },
      projectDetailSchema,
    );
  }

  /** Ids of the projects of exactly that title, lowest first. */
  async #projectsTitled(title: string, signal?: AbortSignal): Promise<number[]> {
    const projects = await this.listProjects(title, signal);
    return projects.filter((project) => project.title === title).map(({ id }) => id);
  }

  async listProjects(titleStart: string, signal?: AbortSignal): Promise<{ id: number; title: string }[]> {
    const projects: { id: number; title: string }[] = [];
    for (let page = 1; ; page++) {
      const { results, next } = await this.#http.json(
        {
          method: 'GET',
          path: '/api/projects/',
          // The server's own filter is a case-blind "contains".
          query: { title: titleStart, include: 'id,title', ordering: 'id', page, page_size: 100 },
          signal,
        },
        projectPageSchema,
      );
      projects.push(...results.filter(({ title }) => title.startsWith(titleStart)));
      if (!next) return projects.map(({ id, title }) => ({ id, title })).sort((a, b) => a.id - b.id);
    }
  }

  /**
   * Renames an empty double. It is not deleted: two deletions at once disconnect the server's signals until it is restarted, and from
   * then on it counts no answer and calls no webhook (1.23).
   */
  async #setAsideIfEmpty(projectId: number, signal?: AbortSignal): Promise<void> {
    const { task_number: tasks } = await this.#project(projectId, signal);
    if ((tasks ?? 0) > 0) return;
    const json = { title: `unused ${projectId}`, description: 'A double that a repeated request made.' };
    await this.#http.json({ method: 'PATCH', path: `/api/projects/${projectId}/`, json, signal }, anything);
  }
}
