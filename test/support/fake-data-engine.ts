import { createHash } from 'node:crypto';
import type { Datapoint, Datasource, FilterNode, MetadataEntry, ValueType } from '../../core/datapoints.ts';
import { DomainError } from '../../core/errors.ts';
import type {
  ConnectionReport,
  DataEngine,
  DatapointPage,
  DatapointQuery,
  VersionedFile,
} from '../../core/ports.ts';

type Scalar = string | number | boolean;
type Row = { id: number; path: string; fields: Map<string, Scalar> };
type Field = { name: string; valueType: ValueType; tags: readonly string[] };
type Source = {
  id: string;
  name: string;
  rootUrl: string;
  status: Datasource['status'];
  statusReads: number;
  rows: Map<string, Row>;
  fields: Map<string, Field>;
  /** Every value written, with its second. */
  log: { at: number; path: string; key: string; value: Scalar }[];
};

export interface FakeDataEngineOptions {
  /** Image bytes by path, by root URL. Paths may be given alone: their bytes are then the path's UTF-8. */
  readonly roots: Readonly<Record<string, Readonly<Record<string, Uint8Array>> | readonly string[]>>;
  /** How often a datasource answers IN_PROGRESS after its creation or scan before it is READY. Default 0. */
  readonly readsUntilReady?: number;
}

/**
 * A Data Engine in memory that keeps the promises of `test/contracts/data-engine.ts`.
 * Counts its calls in {@link calls}, and throws what {@link failNext} was given.
 */
export class FakeDataEngine implements DataEngine {
  /** Calls by method name. */
  readonly calls: Record<string, number> = {};
  private readonly images = new Map<string, Map<string, Uint8Array>>();
  private readonly sources: Source[] = [];
  private readonly blobs = new Map<string, Uint8Array>();
  private readonly failures: { method: string; error: Error }[] = [];
  private readonly readsUntilReady: number;

  constructor(options: FakeDataEngineOptions) {
    this.readsUntilReady = options.readsUntilReady ?? 0;
    for (const [rootUrl, files] of Object.entries(options.roots)) {
      const entries: [string, Uint8Array][] = Array.isArray(files)
        ? (files as readonly string[]).map((path) => [path, new TextEncoder().encode(path)])
        : Object.entries(files as Record<string, Uint8Array>);
      this.images.set(rootUrl, new Map(entries));
    }
  }

  /** The next call of that method throws; several queue up. */
  failNext(method: keyof DataEngine, error: Error): void {
    this.failures.push({ method, error });
  }

  /** Adds or replaces an image; a scan finds it. */
  addImage(rootUrl: string, path: string, bytes: Uint8Array = new TextEncoder().encode(path)): void {
    const files = this.images.get(rootUrl) ?? new Map<string, Uint8Array>();
    this.images.set(rootUrl, files.set(path, bytes));
  }

  /** All rows of a datasource, in order of id: for assertions. */
  rows(datasourceId: string): Datapoint[] {
    return [...this.source(datasourceId).rows.values()].map(toDatapoint);
  }

  /** A field's declared tags, or undefined when there is no such field: for assertions. */
  fieldTags(datasourceId: string, name: string): readonly string[] | undefined {
    return this.source(datasourceId).fields.get(name)?.tags;
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    this.enter('check', signal);
    return { system: 'DagsHub', url: 'http://fake.invalid/team/repo', detail: 'fake' };
  }

  async findDatasource(
    by: { name: string } | { id: string },
    signal?: AbortSignal,
  ): Promise<Datasource | null> {
    this.enter('findDatasource', signal);
    const found = this.sources.find((one) => ('id' in by ? one.id === by.id : one.name === by.name));
    if (!found) return null;
    const answer = toDatasource(found);
    if (found.status === 'IN_PROGRESS' && --found.statusReads <= 0) this.finishScan(found);
    return answer;
  }

  async ensureDatasource(
    input: { name: string; rootUrl: string },
    signal?: AbortSignal,
  ): Promise<Datasource> {
    this.enter('ensureDatasource', signal);
    const existing = this.sources.find((one) => one.name === input.name);
    if (existing && existing.rootUrl !== input.rootUrl)
      throw new DomainError(
        `The datasource "${input.name}" stands for ${existing.rootUrl}, not ${input.rootUrl}.`,
      );
    if (existing) return toDatasource(existing);
    const source: Source = {
      id: String(this.sources.length + 1),
      name: input.name,
      rootUrl: input.rootUrl,
      status: 'READY',
      statusReads: 0,
      rows: new Map(),
      fields: new Map(),
      log: [],
    };
    this.sources.push(source);
    this.startScan(source);
    return toDatasource(source);
  }

  async scanDatasource(datasourceId: string, signal?: AbortSignal): Promise<Datasource> {
    this.enter('scanDatasource', signal);
    const source = this.source(datasourceId);
    this.startScan(source);
    return toDatasource(source);
  }

  async *queryDatapoints(query: DatapointQuery, signal?: AbortSignal): AsyncGenerator<DatapointPage> {
    let after = query.after ?? null;
    do {
      this.enter('queryDatapoints', signal);
      const page = this.page(query, after);
      after = page.endCursor;
      yield page;
    } while (after !== null);
  }

  async updateMetadata(
    input: { datasourceId: string; entries: readonly MetadataEntry[] },
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('updateMetadata', signal);
    const source = this.source(input.datasourceId);
    for (const entry of input.entries) {
      this.requireType(source, entry.key, entry.valueType);
      if (entry.valueType === 'STRING' && entry.value.length > 512)
        throw new DomainError(`The value of "${entry.key}" at ${entry.path} is longer than 512 characters.`);
      const row = this.row(source, entry.path);
      const value = entry.valueType === 'BLOB' ? this.putBlob(entry.value) : entry.value;
      row.fields.set(entry.key, value);
      source.log.push({ at: Math.floor(Date.now() / 1000), path: entry.path, key: entry.key, value });
    }
  }

  async deleteMetadata(
    {
      datasourceId,
      datapoints,
    }: { datasourceId: string; datapoints: readonly { id: string; fields: readonly string[] }[] },
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('deleteMetadata', signal);
    const { rows } = this.source(datasourceId);
    for (const row of rows.values())
      for (const { id, fields } of datapoints)
        if (String(row.id) === id) for (const name of fields) row.fields.delete(name);
  }

  async declareFields(
    input: {
      datasourceId: string;
      fields: readonly { name: string; valueType: ValueType; tags: readonly string[] }[];
    },
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('declareFields', signal);
    const source = this.source(input.datasourceId);
    for (const field of input.fields) {
      this.requireType(source, field.name, field.valueType);
      source.fields.set(field.name, field);
    }
  }

  async fetchBlob(hash: string, signal?: AbortSignal): Promise<Uint8Array> {
    this.enter('fetchBlob', signal);
    const bytes = this.blobs.get(hash);
    if (!bytes) throw new DomainError(`There is no blob ${hash}.`);
    return bytes;
  }

  async fetchImage(input: { rootUrl: string; path: string }, signal?: AbortSignal): Promise<Uint8Array> {
    this.enter('fetchImage', signal);
    const bytes = this.images.get(input.rootUrl)?.get(input.path);
    if (!bytes) throw new DomainError(`There is no image ${input.path} in ${input.rootUrl}.`);
    // Who fetches an image may give its memory away.
    return bytes.slice();
  }

  async fetchImageUnless(
    { known, ...image }: { rootUrl: string; path: string; known: string | null },
    signal?: AbortSignal,
  ): Promise<VersionedFile | null> {
    const bytes = await this.fetchImage(image, signal);
    const version = createHash('sha256').update(bytes).digest('hex');
    return version === known ? null : { bytes, version };
  }

  downloadUrl(input: { rootUrl: string; path: string }): string {
    const place = input.rootUrl.replace('://', '/');
    return `http://fake.invalid/${[...place.split('/'), ...input.path.split('/')].map(encodeURIComponent).join('/')}`;
  }

  async annotationLink(
    { datasourceId, datapoints }: Parameters<DataEngine['annotationLink']>[0],
    signal?: AbortSignal,
  ): Promise<string> {
    this.enter('annotationLink', signal);
    this.source(datasourceId);
    return `http://fake.invalid/annotations/${datapoints.map(({ id }) => id).join('+')}`;
  }

  private enter(method: keyof DataEngine, signal?: AbortSignal): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    signal?.throwIfAborted();
    const index = this.failures.findIndex((failure) => failure.method === method);
    if (index >= 0) throw this.failures.splice(index, 1)[0]!.error;
  }

  private source(id: string): Source {
    const source = this.sources.find((one) => one.id === id);
    if (!source) throw new DomainError(`There is no datasource ${id}.`);
    return source;
  }

  private startScan(source: Source): void {
    source.status = 'IN_PROGRESS';
    source.statusReads = this.readsUntilReady;
    if (this.readsUntilReady === 0) this.finishScan(source);
  }

  private finishScan(source: Source): void {
    const files = [...(this.images.get(source.rootUrl)?.keys() ?? [])].sort();
    for (const path of files) this.row(source, path);
    source.status = files.length > 0 ? 'READY' : 'FAILED';
  }

  private row(source: Source, path: string): Row {
    const row = source.rows.get(path) ?? {
      id: source.rows.size + 1,
      path,
      fields: new Map<string, Scalar>(),
    };
    source.rows.set(path, row);
    return row;
  }

  private requireType(source: Source, name: string, valueType: ValueType): void {
    const field = source.fields.get(name);
    if (field && field.valueType !== valueType)
      throw new DomainError(`The field "${name}" holds ${field.valueType}, not ${valueType}.`);
    if (!field) source.fields.set(name, { name, valueType, tags: [] });
  }

  private putBlob(bytes: Uint8Array): string {
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.blobs.set(hash, Uint8Array.from(bytes));
    return hash;
  }

  /** Goes on behind the cursor's place in the order, so rows that leave the filter between pages move nothing. */
  private page(query: DatapointQuery, after: string | null): DatapointPage {
    const source = this.source(query.datasourceId);
    const orderBy = query.orderBy ?? [];
    const place = after === null ? null : readCursor(after);
    const matching = (query.asOf === undefined ? [...source.rows.values()] : pastRows(source, query.asOf))
      .filter((row) => !query.where || matches(row, query.where))
      .filter((row) => !place || inOrder(place, row, orderBy) < 0)
      .sort((a, b) => inOrder(a, b, orderBy));
    const rows = matching.slice(0, query.pageSize ?? 1000);
    const last = rows.at(-1);
    return {
      datapoints: rows.map((row) => pick(toDatapoint(row), query.select)),
      endCursor: last && rows.length < matching.length ? writeCursor(last) : null,
    };
  }
}

function pastRows({ rows, log }: Source, asOf: number): Row[] {
  const past = new Map([...rows].map(([path, row]) => [path, { ...row, fields: new Map<string, Scalar>() }]));
  for (const { at, path, key, value } of log) if (at <= asOf) past.get(path)?.fields.set(key, value);
  return [...past.values()];
}

function writeCursor(row: Row): string {
  return JSON.stringify({ ...row, fields: [...row.fields] });
}

function readCursor(cursor: string): Row {
  const { id, path, fields } = JSON.parse(cursor) as Omit<Row, 'fields'> & { fields: [string, Scalar][] };
  return { id, path, fields: new Map(fields) };
}

function toDatasource({ id, name, rootUrl, status }: Source): Datasource {
  return { id, name, rootUrl, status };
}

function toDatapoint(row: Row): Datapoint {
  return { id: String(row.id), path: row.path, fields: Object.fromEntries(row.fields) };
}

function pick(datapoint: Datapoint, select: readonly string[] | undefined): Datapoint {
  if (!select) return datapoint;
  const fields = Object.entries(datapoint.fields).filter(([name]) => select.includes(name));
  return { ...datapoint, fields: Object.fromEntries(fields) };
}

/** Absent values fail every comparison; `not` turns that round. */
function matches(row: Row, node: FilterNode): boolean {
  const holds =
    'filter' in node
      ? leafHolds(valueOf(row, node.filter.key), node.filter)
      : 'and' in node
        ? node.and.every((child) => matches(row, child))
        : node.or.some((child) => matches(row, child));
  return node.not ? !holds : holds;
}

function valueOf(row: Row, key: string): Scalar | undefined {
  if (key === 'path') return row.path;
  if (key === 'datapoint_id') return row.id;
  return row.fields.get(key);
}

function leafHolds(
  value: Scalar | undefined,
  leaf: Extract<FilterNode, { filter: unknown }>['filter'],
): boolean {
  if (leaf.comparator === 'IS_NULL') return value === undefined;
  if (value === undefined) return false;
  if (typeof value === 'string' && leaf.comparator === 'CONTAINS') return value.includes(leaf.value);
  if (typeof value === 'string' && leaf.comparator === 'STARTS_WITH') return value.startsWith(leaf.value);
  if (typeof value === 'string' && leaf.comparator === 'ENDS_WITH') return value.endsWith(leaf.value);
  const order = compareScalars(value, wanted(leaf.value, value));
  switch (leaf.comparator) {
    case 'EQUAL':
      return order === 0;
    case 'GREATER_THAN':
      return order > 0;
    case 'GREATER_EQUAL_THAN':
      return order >= 0;
    case 'LESS_THAN':
      return order < 0;
    case 'LESS_EQUAL_THAN':
      return order <= 0;
    default:
      throw new DomainError(`${leaf.comparator} needs text, and "${leaf.key}" holds ${typeof value}.`);
  }
}

function wanted(text: string, like: Scalar): Scalar {
  if (typeof like === 'number') return Number(text);
  return typeof like === 'boolean' ? text.toLowerCase() === 'true' : text;
}

function compareScalars(a: Scalar, b: Scalar): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** By the fields wanted, rows without a value last; then by id. */
function inOrder(a: Row, b: Row, orderBy: NonNullable<DatapointQuery['orderBy']>): number {
  for (const { field, order } of orderBy) {
    const [left, right] = [valueOf(a, field), valueOf(b, field)];
    if (left === undefined && right === undefined) continue;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    const difference = compareScalars(left, right);
    if (difference !== 0) return order === 'ASC' ? difference : -difference;
  }
  return a.id - b.id;
}
