import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { annotationPage } from './annotation-page.ts';
import { AnnotationRequestStore, annotationRequestSchema } from './annotation-request-store.ts';
import { annotationTasks } from './annotation-tasks.ts';
import type { Database } from './database.ts';
import type { DatasourceStore } from './datasource-store.ts';
import { EngineError } from './engine-error.ts';
import type { FieldStore } from './field-store.ts';
import type { Upstream } from './forward-routes.ts';
import { createProject, listProjects } from './label-studio-projects.ts';
import type { EngineLog } from './scanner.ts';

/** A URL for each of a hundred thousand datapoints and more. */
const maxBodyBytes = 256 * 1024 * 1024;
const formSchema = z.object({
  title: z.string().trim().min(3).max(50),
  labels_of: z
    .string()
    .regex(/^\d*$/)
    .default('')
    .transform((text) => (text === '' ? null : Number(text))),
});

export interface AnnotationOptions {
  /** `/api/v1/repos/OWNER/NAME`. */
  readonly base: string;
  readonly repo: string;
  readonly labelStudio: Omit<Upstream, 'title'> | null;
  readonly parts: { database: Database; datasources: DatasourceStore; fields: FieldStore };
  readonly log: EngineLog;
}

/**
 * `POST …/data-engine/annotations/init` keeps what `annotate()` asks for and answers the `link` of its page (`annotation-page.ts`), below
 * `HOST/REPO/annotations/requests/`. The key in the link stands for the token, which a browser does not have. The page's form makes the
 * project once; from then on the link leads to it. `POST …/annotations/start` is answered as Label Studio runs or does not.
 */
export function addAnnotationRoutes(server: FastifyInstance, options: AnnotationOptions): void {
  const { base, repo, labelStudio, parts, log } = options;
  const requests = new AnnotationRequestStore(parts.database);
  const making = new Map<string, Promise<number>>();
  const pages = requestPages(repo);

  server.post(`${base}/annotations/start`, (_request, reply) =>
    labelStudio
      ? { status: 'running' }
      : reply.code(404).send({ message: 'Start the engine with --label-studio URL to annotate.' }),
  );

  server.post(`${base}/data-engine/annotations/init`, { bodyLimit: maxBodyBytes }, (request, reply) => {
    const parsed = annotationRequestSchema.safeParse(request.body);
    if (!parsed.success)
      return reply
        .code(400)
        .send({ message: `The request is wrong at ${parsed.error.issues[0]?.path.join('.') || 'its top'}.` });
    const id = parsed.data.datasource_id;
    if (parts.datasources.list({ id }).length === 0)
      return reply.code(404).send({ message: `There is no datasource with id ${id}.` });
    return { link: `${request.protocol}://${request.host}${pages}${requests.add(parsed.data)}` };
  });

  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 10_000 },
      (_request, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );

    scope.get<{ Params: { key: string } }>(`${pages}:key`, async (request, reply) => {
      const known = requests.get(request.params.key);
      if (!known) return reply.code(404).send({ message: 'There is no such request for annotation.' });
      if (known.projectId !== null && labelStudio) return toProject(reply, known.projectId);
      return show(reply, known.request);
    });

    scope.post<{ Params: { key: string } }>(`${pages}:key`, async (request, reply) => {
      const { key } = request.params;
      const known = requests.get(key);
      if (!known || !labelStudio)
        return reply.code(404).send({ message: 'There is no such request for annotation.' });
      if (known.projectId !== null) return toProject(reply, known.projectId);
      const form = formSchema.safeParse(request.body);
      const title = titleOf(request.body);
      if (!form.success)
        return show(reply.code(400), known.request, {
          title,
          message: "A project's name has 3 to 50 characters.",
        });
      try {
        return await toProject(reply, await make(key, form.data));
      } catch (error) {
        log.warn(`the project "${title}" was not made: ${String(error)}`);
        const message = error instanceof EngineError ? error.message : 'Label Studio does not answer.';
        return show(reply.code(502), known.request, { title, message });
      }
    });
    done();
  });

  /** Two clicks make one project. */
  function make(key: string, form: z.output<typeof formSchema>): Promise<number> {
    const earlier = making.get(key);
    if (earlier) return earlier;
    const made = makeOnce(key, form).finally(() => making.delete(key));
    making.set(key, made);
    return made;
  }

  async function makeOnce(key: string, form: z.output<typeof formSchema>): Promise<number> {
    const known = requests.get(key);
    if (!known || !labelStudio) throw new Error('a request for annotation is gone');
    parts.datasources.get(known.request.datasource_id);
    const tasks = annotationTasks(parts, known.request);
    if (tasks.length === 0) throw new EngineError('None of these datapoints is there any more.');
    const id = await createProject(labelStudio, { title: form.title, labelsOf: form.labels_of, tasks });
    requests.setProject(key, id);
    return id;
  }

  function toProject(reply: FastifyReply, id: number): FastifyReply {
    return reply.redirect(`${labelStudio?.url ?? ''}/projects/${id}/data`, 303);
  }

  async function show(
    reply: FastifyReply,
    { datasource_id: id, datapoints }: z.output<typeof annotationRequestSchema>,
    refused?: { title: string; message: string },
  ): Promise<FastifyReply> {
    const projects = labelStudio && (await listProjects(labelStudio).catch(() => []));
    const datasource = parts.datasources.list({ id })[0]?.name ?? 'a datasource that is gone';
    return reply
      .headers({
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'cache-control': 'no-store',
      })
      .type('text/html; charset=utf-8')
      .send(
        annotationPage({ datasource, datapoints: datapoints.length, projects, ...(refused && { refused }) }),
      );
  }
}

/** Whether the request is for the page of a request for annotation, whose key is its token. */
export function isAnnotationPage(url: string, repo: string): boolean {
  const pages = requestPages(repo);
  return url.startsWith(pages) && /^[\w-]+$/.test(url.slice(pages.length));
}

function requestPages(repo: string): string {
  return `/${repo}/annotations/requests/`;
}

function titleOf(body: unknown): string {
  return z.object({ title: z.string() }).safeParse(body).data?.title ?? '';
}
