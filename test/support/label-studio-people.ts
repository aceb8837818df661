import { request } from 'undici';
import type { BoardPeople } from '../contracts/annotation-board.ts';

/** A real Label Studio, for the tests that need one. */
export interface LabelStudioServer {
  readonly url: string;
  /** A legacy token. */
  readonly apiKey: string;
}

interface RawTask {
  readonly id: number;
  readonly data: { readonly image: string; readonly al_key: string };
  /** People it is given to. */
  readonly overlap: number;
  readonly predictions: { id: number; model_version: string; score: number; result: never[] }[];
  readonly annotations: { readonly id: number }[];
}

/** People and an administrator at a real Label Studio, by plain requests: nothing here is our client's code. */
export class LabelStudioPeople implements BoardPeople {
  readonly #server: LabelStudioServer;

  constructor(server: LabelStudioServer) {
    this.#server = server;
  }

  async answer(projectId: number, key: string, result: readonly unknown[], more: object = {}): Promise<void> {
    const { id } = await this.#task(projectId, key);
    await this.call('POST', `/api/tasks/${id}/annotations/`, { result, lead_time: 2.5, ...more });
  }

  async answerSuggestion(projectId: number, key: string, result: readonly unknown[]): Promise<void> {
    const { predictions } = await this.#task(projectId, key);
    await this.answer(projectId, key, result, { parent_prediction: predictions.at(-1)?.id });
  }

  async skip(projectId: number, key: string): Promise<void> {
    await this.answer(projectId, key, [], { was_cancelled: true });
  }

  async begin(projectId: number, key: string, result: readonly unknown[]): Promise<void> {
    const { id } = await this.#task(projectId, key);
    await this.call('POST', `/api/tasks/${id}/drafts`, { result, lead_time: 1 });
  }

  async revise(projectId: number, key: string, result: readonly unknown[]): Promise<void> {
    const { annotations } = await this.#task(projectId, key);
    await this.call('PATCH', `/api/annotations/${annotations.at(-1)!.id}/`, { result });
  }

  async retract(projectId: number, key: string): Promise<void> {
    const { annotations } = await this.#task(projectId, key);
    await this.call('DELETE', `/api/annotations/${annotations.at(-1)!.id}/`);
  }

  async close(projectId: number, key: string): Promise<void> {
    const { id } = await this.#task(projectId, key);
    await this.call('PATCH', `/api/tasks/${id}/`, { is_labeled: true });
  }

  async storedTasks(projectId: number) {
    return (await this.rawTasks(projectId)).map(({ data, predictions }) => ({
      key: data.al_key,
      imageUrl: data.image,
      predictions: predictions.map(({ model_version: modelVersion, score, result }) => ({
        modelVersion,
        score,
        result,
      })),
    }));
  }

  async projectsTitled(title: string): Promise<number[]> {
    const { results } = await this.call<{ results: { id: number; title: string }[] }>(
      'GET',
      `/api/projects/?page_size=1000&title=${encodeURIComponent(title)}`,
    );
    return results.filter((one) => one.title === title).map(({ id }) => id);
  }

  async modelVersion(projectId: number): Promise<string | null> {
    const project = await this.call<{ model_version: string }>('GET', `/api/projects/${projectId}/`);
    return project.model_version;
  }

  async webhooks(projectId: number) {
    const hooks = await this.rawWebhooks(projectId);
    return hooks.map(({ url, headers }) => ({ url, headers }));
  }

  async rawWebhooks(
    projectId: number,
  ): Promise<{ id: number; url: string; headers: Record<string, string>; actions: string[] }[]> {
    return this.call('GET', `/api/webhooks/?project=${projectId}`);
  }

  /** Oldest first. */
  async rawTasks(projectId: number): Promise<RawTask[]> {
    const tasks: RawTask[] = [];
    for (let page = 1; ; page++) {
      const query = `project=${projectId}&page=${page}&page_size=500&fields=all`;
      const answer = await this.call<{ total: number; tasks: RawTask[] }>('GET', `/api/tasks/?${query}`);
      tasks.push(...answer.tasks);
      if (tasks.length >= answer.total) return tasks.sort((a, b) => a.id - b.id);
    }
  }

  async call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, json?: unknown): Promise<T> {
    const { url, apiKey } = this.#server;
    const { statusCode, body } = await request(url + path, {
      method,
      headers: { authorization: `Token ${apiKey}`, 'content-type': 'application/json' },
      body: json === undefined ? null : JSON.stringify(json),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text.slice(0, 300)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #task(projectId: number, key: string): Promise<RawTask> {
    const found = (await this.rawTasks(projectId)).find(({ data }) => data.al_key === key);
    if (!found) throw new Error(`Project ${projectId} has no task "${key}".`);
    return found;
  }
}
