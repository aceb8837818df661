import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DatasourceStore } from './datasource-store.ts';
import { EngineError } from './engine-error.ts';
import type { FieldStore } from './field-store.ts';
import { ImportFaults } from './import-faults.ts';
import { importMetadata } from './import-metadata.ts';
import type { MetadataStore } from './metadata-store.ts';
import { openTable } from './open-table.ts';

const maxFileBytes = 4 * 1024 ** 3;

/**
 * `POST …/data-engine/import/metadata`, a form with `file`, `datasource_name` and, unless it is the first, `path_column`. It is answered
 * when the file is stored, with `{rows}`; 404 for an unknown datasource; 400 with `message`, and `faults` where rows are at fault, when
 * nothing was.
 */
export function addImportRoute(
  server: FastifyInstance,
  options: {
    path: string;
    /** For files under way. Emptied at the start. */
    folder: string;
    parts: { datasources: DatasourceStore; fields: FieldStore; metadata: MetadataStore };
  },
): void {
  const { parts, folder } = options;
  void server.register(async (scope) => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await scope.register(multipart, {
      limits: { fileSize: maxFileBytes, files: 1, fields: 10, fieldSize: 1000 },
    });
    scope.post(options.path, async (request, reply) => {
      const file = path.join(folder, randomBytes(8).toString('hex'));
      const { status, answer } = await take(request, file).finally(() => rm(file, { force: true }));
      return reply.code(status).send(answer);
    });
  });

  async function take(request: FastifyRequest, file: string): Promise<{ status: number; answer: object }> {
    try {
      const { name, datasourceName, pathColumn } = await takeForm(request, file);
      const [datasource] = parts.datasources.list({ name: datasourceName });
      if (!datasource)
        return { status: 404, answer: { message: `There is no datasource "${datasourceName}".` } };
      const table = await openTable(file, name);
      const input = { datasourceId: datasource.id, table, name, pathColumn, folder };
      return { status: 200, answer: { rows: await importMetadata(parts, input) } };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const faults = error instanceof ImportFaults ? { faults: error.faults } : {};
      return { status: 400, answer: { message: error.message, ...faults } };
    }
  }
}

/** The form's parts in any order, its file on disk. */
async function takeForm(
  request: FastifyRequest,
  file: string,
): Promise<{ name: string; datasourceName: string; pathColumn: string | undefined }> {
  if (!request.isMultipart())
    throw new EngineError('An import is a form: file, datasource_name, path_column.');
  const texts = new Map<string, string>();
  let name: string | undefined;
  for await (const part of request.parts()) {
    if (part.type === 'field') texts.set(part.fieldname, String(part.value));
    else if (part.fieldname !== 'file') part.file.resume();
    else {
      await pipeline(part.file, createWriteStream(file, { mode: 0o600 }));
      name = path.basename(part.filename);
    }
  }
  const datasourceName = texts.get('datasource_name');
  if (name === undefined || datasourceName === undefined)
    throw new EngineError('An import needs the parts "file" and "datasource_name".');
  return { name, datasourceName, pathColumn: texts.get('path_column') };
}
