import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { answersOf, type Answers, type LabelScheme } from '../core/answers/answers.ts';
import { ServiceRejectedError, ServiceUnavailableError } from '../core/errors.ts';
import type { Truth } from '../core/truth.ts';
import { Http } from '../services/http.ts';

const projectsSchema = z.object({ results: z.array(z.object({ id: z.number(), title: z.string() })) });
const tasksSchema = z.object({
  total: z.number(),
  tasks: z.array(
    z.object({ id: z.number(), total_annotations: z.number(), data: z.object({ al_key: z.string() }) }),
  ),
});

/** How a team works, beside what it knows. */
export interface TeamHabits {
  /** Waited for before every answer. */
  readonly before?: (signal: AbortSignal) => Promise<void>;
  /** Told of every answer that Label Studio has acknowledged. */
  readonly onAnswered?: (key: string) => void;
}

/** Answers under way at once, as a small team's would be. */
const hands = 4;

/**
 * A team of annotators that always knows the answer: it opens the loop's projects in Label Studio, reads the tasks without an answer and
 * submits one for each, over the API that the editor itself uses. It knows nothing of the loop, which hears of it through Label Studio.
 */
export class SimulatedAnnotator {
  readonly #http: Http;
  readonly #answers: Answers;
  readonly #truth: ReadonlyMap<string, Truth>;
  readonly #habits: TeamHabits;
  #answered = 0;

  /** @param truth - What is on each image, by the datapoint's path. */
  constructor(
    labelStudio: { url: string; apiKey: string },
    scheme: LabelScheme,
    truth: ReadonlyMap<string, Truth>,
    habits: TeamHabits = {},
  ) {
    this.#answers = answersOf(scheme);
    this.#http = new Http({
      service: 'Label Studio',
      baseUrl: labelStudio.url,
      headers: () => ({ authorization: `Token ${labelStudio.apiKey}` }),
    });
    this.#truth = truth;
    this.#habits = habits;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Works until the signal fires. A server that is away is asked again. */
  async work(loops: readonly string[], signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        signal.throwIfAborted();
        let found = 0;
        for (const loop of loops) found += await this.answerOpenTasks(loop, signal);
        if (found === 0) await sleep(1000, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ServiceUnavailableError)) throw error;
        await sleep(1000);
      }
    }
  }

  /** Answers every open task of a loop's projects; tells how many. */
  async answerOpenTasks(loop: string, signal: AbortSignal): Promise<number> {
    const { results } = await this.#http.json(
      {
        method: 'GET',
        path: '/api/projects/',
        query: { title: loop, include: 'id,title', page_size: 100 },
        signal,
      },
      projectsSchema,
    );
    let answered = 0;
    const reviews = results.filter(
      ({ title }) => title.startsWith(`${loop} cycle `) && !title.endsWith(' withdrawn'),
    );
    for (const { id } of reviews) answered += (await this.answerProject(id, signal)).answered;
    return answered;
  }

  /** Answers the open tasks of one project but the first `leave`, whose ids it tells. */
  async answerProject(
    project: number,
    signal: AbortSignal,
    { leave = 0 } = {},
  ): Promise<{ answered: number; left: number[] }> {
    const open = await this.#openTasks(project, signal);
    const queue = open.slice(leave);
    const answered = queue.length;
    const hand = async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await this.#answer(project, task, signal);
    };
    await Promise.all(Array.from({ length: hands }, hand));
    return { answered, left: open.slice(0, leave).map(({ id }) => id) };
  }

  async #openTasks(project: number, signal: AbortSignal): Promise<{ id: number; key: string }[]> {
    const open: { id: number; key: string }[] = [];
    const pageSize = 500;
    for (let page = 1; ; page++) {
      const { tasks, total } = await this.#http.json(
        {
          method: 'GET',
          path: '/api/tasks/',
          query: { project, page, page_size: pageSize, include: 'id,data,total_annotations' },
          signal,
        },
        tasksSchema,
      );
      for (const task of tasks)
        if (task.total_annotations === 0) open.push({ id: task.id, key: task.data.al_key });
      if (page * pageSize >= total) return open;
    }
  }

  async #answer(project: number, task: { id: number; key: string }, signal: AbortSignal): Promise<void> {
    const truth = this.#truth.get(task.key);
    if (truth === undefined) throw new Error(`The annotator has never seen "${task.key}".`);
    await this.#habits.before?.(signal);
    const request = {
      method: 'POST' as const,
      path: `/api/tasks/${task.id}/annotations/`,
      json: {
        result: this.#answers.resultOf({ path: task.key, truth }),
        lead_time: 2,
        unique_id: uuidOf(`${project}/${task.key}`),
      },
      signal,
    };
    try {
      const response = await this.#http.send(request);
      await response.body.dump();
    } catch (error) {
      // 409: an earlier try was stored although its answer was lost.
      if (!(error instanceof ServiceRejectedError && error.status === 409)) throw error;
    }
    this.#answered += 1;
    this.#habits.onAnswered?.(task.key);
  }
}

/** A UUID that is the same for the same key: the server refuses it the second time. */
function uuidOf(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
