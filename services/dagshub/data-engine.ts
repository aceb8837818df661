import { z } from 'zod';
import type { Datasource, MetadataEntry, ValueType } from '../../core/datapoints.ts';
import { DomainError, ServiceRejectedError } from '../../core/errors.ts';
import type {
  ConnectionReport,
  DataEngine,
  DatapointPage,
  DatapointQuery,
  VersionedFile,
} from '../../core/ports.ts';
import { DagsHubConnection, type ConnectionOptions } from './connection.ts';
import { datapointsPageSchema, toDatapoints } from './datapoint-json.ts';
import { datasourceSchema, toDatasource } from './datasource-json.ts';
import {
  createDatasourceDocument,
  deleteMetadataDocument,
  findDatasourceDocument,
  queryDatapointsDocument,
  scanDatasourceDocument,
  updateFieldsDocument,
  updateMetadataDocument,
} from './documents.ts';
import { filterJson } from './filter-json.ts';
import { rawUrlPath } from './raw-url-path.ts';
import { uploadMetadata } from './upload-metadata.ts';
import { UploadPace } from './upload-pace.ts';

const userSchema = z.object({ login: z.string() });
const repositorySchema = z.object({ full_name: z.string() });
const linkSchema = z.object({ link: z.url() });
// Made once: a schema is compiled by the first answer that it reads.
const pageSchema = z.object({ datasourceQuery: datapointsPageSchema });
const updatedSchema = z.object({ updateMetadata: z.unknown() });
const defaultPageSize = 1000;
const deletionsPerRequest = 1000;

/** The Data Engine of one DagsHub repository, or of the local engine that speaks its protocol. */
export class DagsHubDataEngine implements DataEngine {
  private readonly connection: DagsHubConnection;
  private readonly pace = new UploadPace();
  constructor(options: ConnectionOptions) {
    this.connection = new DagsHubConnection(options);
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    const { host, repo, repoPath } = this.connection;
    const user = await this.connection.json({ method: 'GET', path: '/api/v1/user', signal }, userSchema);
    await this.connection.json({ method: 'GET', path: repoPath, signal }, repositorySchema);
    return { system: 'DagsHub', url: `${host}/${repo}`, detail: `user ${user.login}` };
  }

  async findDatasource(
    by: { name: string } | { id: string },
    signal?: AbortSignal,
  ): Promise<Datasource | null> {
    const { data, failedScans } = await this.connection.graphql(
      {
        document: findDatasourceDocument,
        variables: { id: 'id' in by ? by.id : null, name: 'name' in by ? by.name : null },
        signal,
      },
      z.object({ datasource: z.array(datasourceSchema).nullable() }),
    );
    const found = data.datasource?.find((one) => ('id' in by ? one.id === by.id : one.name === by.name));
    return found ? toDatasource(found, failedScans) : null;
  }

  async ensureDatasource(
    input: { name: string; rootUrl: string },
    signal?: AbortSignal,
  ): Promise<Datasource> {
    const existing =
      (await this.findDatasource(input, signal)) ?? (await this.createDatasource(input, signal));
    if (withoutSlash(existing.rootUrl) !== withoutSlash(input.rootUrl))
      throw new DomainError(
        `The datasource "${input.name}" stands for ${existing.rootUrl}, not ${input.rootUrl}: choose another name.`,
      );
    return existing;
  }

  async scanDatasource(datasourceId: string, signal?: AbortSignal): Promise<Datasource> {
    const { data, failedScans } = await this.connection.graphql(
      { document: scanDatasourceDocument, variables: { id: datasourceId, options: null }, signal },
      z.object({ scanDatasource: datasourceSchema }),
    );
    return toDatasource(data.scanDatasource, failedScans);
  }

  async *queryDatapoints(query: DatapointQuery, signal?: AbortSignal): AsyncGenerator<DatapointPage> {
    let after = query.after ?? null;
    do {
      const page = await this.fetchPage(query, after, signal);
      yield page;
      after = page.endCursor;
    } while (after !== null);
  }

  async updateMetadata(
    input: { datasourceId: string; entries: readonly MetadataEntry[] },
    signal?: AbortSignal,
  ): Promise<void> {
    await uploadMetadata(input.entries, {
      pace: this.pace,
      signal,
      send: async (datapoints, batchSignal) => {
        const variables = { datasource: input.datasourceId, datapoints };
        await this.connection.graphql(
          { document: updateMetadataDocument, variables, signal: batchSignal },
          updatedSchema,
        );
      },
    });
  }

  async deleteMetadata(
    {
      datasourceId: datasource,
      datapoints: wanted,
    }: { datasourceId: string; datapoints: readonly { id: string; fields: readonly string[] }[] },
    signal?: AbortSignal,
  ): Promise<void> {
    // As the official client sends it: an entry a value.
    const all = wanted.flatMap(({ id, fields }) => fields.map((key) => ({ datapointId: id, key })));
    for (let start = 0; start < all.length; start += deletionsPerRequest) {
      const datapoints = all.slice(start, start + deletionsPerRequest);
      await this.connection.graphql(
        { document: deleteMetadataDocument, variables: { datasource, datapoints }, signal },
        z.object({ deleteMetadata: z.unknown() }),
      );
    }
  }

  async declareFields(
    input: {
      datasourceId: string;
      fields: readonly { name: string; valueType: ValueType; tags: readonly string[] }[];
    },
    signal?: AbortSignal,
  ): Promise<void> {
    if (input.fields.length === 0) return;
    const props = input.fields.map((field) => ({ ...field, multiple: false }));
    await this.connection.graphql(
      { document: updateFieldsDocument, variables: { datasource: input.datasourceId, props }, signal },
      z.object({ updateMetadataFieldProps: z.unknown() }),
    );
  }

  async fetchBlob(hash: string, signal?: AbortSignal): Promise<Uint8Array> {
    const path = `${this.connection.repoPath}/data-engine/blob/${encodeURIComponent(hash)}`;
    return orMissing(this.connection.file({ method: 'GET', path, signal }), `There is no blob ${hash}.`);
  }

  async fetchImage(input: { rootUrl: string; path: string }, signal?: AbortSignal): Promise<Uint8Array> {
    const path = this.connection.repoPath + rawUrlPath(input);
    return orMissing(
      this.connection.file({ method: 'GET', path, signal }),
      `There is no image ${input.path} in ${input.rootUrl}.`,
    );
  }

  async fetchImageUnless(
    input: { rootUrl: string; path: string; known: string | null; room?: (bytes: number) => Uint8Array },
    signal?: AbortSignal,
  ): Promise<VersionedFile | null> {
    const path = this.connection.repoPath + rawUrlPath(input);
    const condition = input.known === null ? {} : { headers: { 'if-none-match': input.known }, accept: 304 };
    return orMissing(
      this.connection.versionedFile({ method: 'GET', path, ...condition, signal }, input.room),
      `There is no image ${input.path} in ${input.rootUrl}.`,
    );
  }

  downloadUrl(input: { rootUrl: string; path: string }): string {
    return this.connection.host + this.connection.repoPath + rawUrlPath(input);
  }

  async annotationLink(
    { datasourceId, datapoints, hiddenFields }: Parameters<DataEngine['annotationLink']>[0],
    signal?: AbortSignal,
  ): Promise<string> {
    const path = `${this.connection.repoPath}/data-engine/annotations/init`;
    const json = {
      datasource_id: datasourceId,
      // A number here, and a text everywhere else.
      datapoints: datapoints.map(({ id, url }) => ({ id: Number(id), download_url: url })),
      ls_meta_excludes: hiddenFields ?? null,
      ls_meta_includes: null,
    };
    return (await this.connection.json({ method: 'POST', path, json, signal }, linkSchema)).link;
  }

  /** A name that somebody took in the meantime counts as found. */
  private async createDatasource(
    input: { name: string; rootUrl: string },
    signal: AbortSignal | undefined,
  ): Promise<Datasource> {
    const dsType = input.rootUrl.startsWith('repo://') ? 'REPOSITORY' : 'BUCKET';
    const variables = { name: input.name, url: input.rootUrl, dsType };
    try {
      const { data, failedScans } = await this.connection.graphql(
        { document: createDatasourceDocument, variables, signal },
        z.object({ createDatasource: datasourceSchema }),
      );
      return toDatasource(data.createDatasource, failedScans);
    } catch (error) {
      const taken = error instanceof ServiceRejectedError && (await this.findDatasource(input, signal));
      if (!taken) throw error;
      return taken;
    }
  }

  private async fetchPage(
    query: DatapointQuery,
    after: string | null,
    signal: AbortSignal | undefined,
  ): Promise<DatapointPage> {
    const queryInput = {
      query: query.where ? filterJson(query.where) : null,
      ...(query.select && { select: query.select.map((name) => ({ name })) }),
      ...(query.orderBy && { orderBy: query.orderBy }),
      ...(query.asOf !== undefined && { asOf: query.asOf }),
    };
    const first = query.pageSize ?? defaultPageSize;
    const { data } = await this.connection.graphql(
      {
        document: queryDatapointsDocument,
        variables: { datasource: query.datasourceId, queryInput, first, after },
        signal,
      },
      pageSchema,
    );
    const { hasNextPage, endCursor } = data.datasourceQuery.pageInfo;
    const datapoints = toDatapoints(data.datasourceQuery, query.select);
    return { datapoints, endCursor: hasNextPage ? (endCursor ?? null) : null };
  }
}

async function orMissing<T>(answer: Promise<T>, message: string): Promise<T> {
  return answer.catch((error: unknown) => {
    if (error instanceof ServiceRejectedError && error.status === 404)
      throw new DomainError(message, { cause: error });
    throw error;
  });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
