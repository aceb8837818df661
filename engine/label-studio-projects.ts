import { request } from 'undici';
import { z } from 'zod';
import type { AnnotationTask } from './annotation-tasks.ts';
import { EngineError } from './engine-error.ts';
import type { Upstream } from './forward-routes.ts';

export interface LabelStudioProject {
  readonly id: number;
  readonly title: string;
}

const projectSchema = z.object({ id: z.number(), title: z.string() });
const listSchema = z.object({ results: z.array(projectSchema) });
const configSchema = z.object({ label_config: z.string() });
const tasksARequest = 1000;
const answerWithinMs = 10 * 60_000;
/** Images without labels: those a person sets in the project. */
const plainConfig = '<View><Image name="image" value="$image"/></View>';

type Server = Omit<Upstream, 'title'>;

/** The projects one may copy labels from, the newest first, at most a hundred. */
export async function listProjects(server: Server): Promise<LabelStudioProject[]> {
  const answer = await ask(
    server,
    'GET',
    '/api/projects/?include=id,title&ordering=-created_at&page_size=100',
  );
  return listSchema.parse(answer).results;
}

/**
 * A new project with tasks. When it cannot be filled it is deleted again.
 *
 * @param input.labelsOf - The project whose labels it gets.
 * @throws EngineError in Label Studio's words when it refuses.
 */
export async function createProject(
  server: Server,
  input: { title: string; labelsOf: number | null; tasks: readonly AnnotationTask[] },
): Promise<number> {
  const config =
    input.labelsOf === null
      ? plainConfig
      : configSchema.parse(await ask(server, 'GET', `/api/projects/${input.labelsOf}/`)).label_config;
  const made = await ask(server, 'POST', '/api/projects/', { title: input.title, label_config: config });
  const { id } = projectSchema.parse(made);
  try {
    for (let start = 0; start < input.tasks.length; start += tasksARequest) {
      const tasks = input.tasks.slice(start, start + tasksARequest);
      await ask(server, 'POST', `/api/projects/${id}/import`, tasks);
    }
    return id;
  } catch (error) {
    await ask(server, 'DELETE', `/api/projects/${id}/`).catch(() => undefined);
    throw error;
  }
}

async function ask(
  server: Server,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  json?: unknown,
): Promise<unknown> {
  const authorization = await server.authorization();
  const response = await request(server.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(authorization !== null && { authorization }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
  });
  const text = await response.body.text();
  if (response.statusCode < 300) return text === '' ? null : (JSON.parse(text) as unknown);
  throw new EngineError(`Label Studio refuses ${method} ${path}: ${response.statusCode} ${wordsOf(text)}`);
}

/** Of Label Studio's error: what is wrong with which field, else its detail. */
function wordsOf(text: string): string {
  const words = z.record(z.string(), z.array(z.string()));
  const schema = z.object({
    detail: z.string().optional(),
    validation_errors: words.optional().catch(undefined),
  });
  try {
    const { detail, validation_errors: errors } = schema.parse(JSON.parse(text));
    const named = Object.entries(errors ?? {}).map(([field, problems]) => `${field}: ${problems.join(' ')}`);
    return named.join('; ') || (detail ?? '');
  } catch {
    return text.slice(0, 200);
  }
}
