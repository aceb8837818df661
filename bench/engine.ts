import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { allOf, compare, isNotNull, isNull, type MetadataEntry } from '../core/datapoints.ts';
import type { DatapointQuery } from '../core/ports.ts';
import { hashUnit } from '../core/hash.ts';
import { openDatabase } from '../engine/database.ts';
import { datapointTable, fieldColumn } from '../engine/datapoint-table.ts';
import { Bounds } from './bounds.ts';
import { officialClient } from './official-client.ts';
import { startEngineProcess, type EngineProcess } from './engine-process.ts';

const rootUrl = 's3://bench/images';
const chunk = 5000;
const rounds = 20;

/**
 * The Data Engine at a million datapoints of eight fields, over HTTP with our client: loading, pages of 5,000 at any depth, the loop's own
 * question ("unlabelled, predicted, lowest scores first, 1,000"), and streaming all. Bounds of time are held against CPU time, of the client
 * and the engine together and of the quickest round: it is what a machine that does nothing else takes, as one waits while the other works,
 * and other work can only add to it.
 *
 * @throws Error when a bound of the scale is missed. Fewer rows are for a quick look; the bounds stay.
 */
export async function benchEngine(rows = 1_000_000): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  const images = join(folder, 'images');
  const dataDir = join(folder, 'engine');
  await mkdir(images);
  // A datasource's scan wants an image; only the name counts.
  await writeFile(join(images, 'scan-00000000.png'), '');
  const engine = await startEngineProcess({ dataDir, rootUrl, images });
  const { client } = engine;
  const bounds = new Bounds();
  try {
    const { id: datasourceId } = await client.ensureDatasource({ name: 'bench', rootUrl });
    const byScore = [{ field: 'pred_score', order: 'ASC' as const }];
    const question: DatapointQuery = {
      datasourceId,
      where: allOf(isNull('annotation', 'BLOB'), isNotNull('pred_score', 'FLOAT')),
      orderBy: byScore,
      select: ['pred_score'],
      pageSize: 1000,
    };
    const load = (from: number, to: number) =>
      costOf(engine, 1, async () => {
        for (let start = from; start < to; start += chunk)
          await client.updateMetadata({
            datasourceId,
            entries: entriesOf(start, Math.min(start + chunk, to)),
          });
      });
    const tenth = Math.ceil(rows / 10);
    const loads = [await load(0, tenth)];
    const questionOfATenth = await costOf(engine, rounds, () => firstPage(client, question));
    loads.push(await load(tenth, rows));
    const loaded = (part: keyof Cost) => loads.reduce((sum, cost) => sum + cost[part], 0) / 1000;
    console.log(`${rows} datapoints of 8 fields, ${Math.round((8 * rows) / loaded('wallMs'))} values/s`);
    console.log(`load, seconds by the clock: ${loaded('wallMs').toFixed(1)}`);
    bounds.below('load, seconds of CPU', loaded('cpuMs'), 180);
    console.log(`file: ${((await folderBytes(dataDir)) / 2 ** 20).toFixed(0)} MB`);

    const wide = allOf(compare('width', 'GREATER_THAN', 300, 'INTEGER'), isNotNull('pred_score', 'FLOAT'));
    const paged: DatapointQuery = {
      datasourceId,
      where: wide,
      orderBy: byScore,
      select: ['split'],
      pageSize: 5000,
    };
    const official = officialTimes.parse(
      await (
        await officialClient(engine, folder)
      )('engine_official.py', [engine.repo, 'bench', '5']),
    );
    for (const share of [0, 0.5, 0.9]) {
      const after = await cursorAt(client, paged, share * rows * matching);
      const cost = await costOf(engine, rounds, () =>
        firstPage(client, { ...paged, ...(after !== null && { after }) }),
      );
      bounds.below(`filter, order, page of 5,000 at ${share * 100} % depth, ms of CPU`, cost.cpuMs, 50);
      if (share === 0) beside(official.page, cost);
    }
    const asked = await costOf(engine, rounds, () => firstPage(client, question));
    bounds.below('unlabelled, predicted, lowest scores, 1,000, ms of CPU', asked.cpuMs, 15);
    beside(official.question, asked);
    bounds.below(
      '  growth of that since a tenth of the datapoints, times',
      asked.cpuMs / questionOfATenth.cpuMs,
      1.5,
    );

    bounds.below('count of those without annotation, ms of CPU', countUnlabelledMs(dataDir), 100);

    const before = process.memoryUsage().rss;
    let seen = 0;
    let most = 0;
    const streamed = await costOf(engine, 1, async () => {
      for await (const { datapoints } of client.queryDatapoints({ datasourceId, pageSize: chunk })) {
        seen += datapoints.length;
        most = Math.max(most, process.memoryUsage().rss - before);
      }
    });
    if (seen !== rows) throw new Error(`${seen} datapoints were streamed, not ${rows}.`);
    console.log(`streamed all in ${(streamed.wallMs / 1000).toFixed(1)} s`);
    bounds.below('streaming, MB of the client beyond its start', most / 2 ** 20, 200);
    bounds.below('peak memory of the engine, MB', await engine.peakMegabytes(), 512);
    bounds.assert();
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds. */
const officialTimes = z.object({ page: z.number(), question: z.number() });

function beside(officialMs: number, { wallMs }: Cost): void {
  console.log(
    `  by the clock: ${wallMs.toFixed(2)} ms; DagsHub's official client: ${officialMs.toFixed(2)} ms, ${(officialMs / wallMs).toFixed(1)} times as long`,
  );
}

/** Share of the rows that are wide and predicted. */
const matching = 0.5 * 0.9;

function entriesOf(start: number, end: number): MetadataEntry[] {
  const entries: MetadataEntry[] = [];
  for (let index = start; index < end; index++) {
    const path = `scan-${String(index).padStart(8, '0')}.png`;
    const at = (what: string) => hashUnit(what, path);
    const add = (
      key: string,
      value: string | number,
      valueType: 'STRING' | 'INTEGER' | 'FLOAT' | 'DATETIME',
    ) => entries.push({ path, key, value, valueType } as MetadataEntry);
    add('split', at('split') < 0.6 ? 'train' : 'valid', 'STRING');
    add('width', 200 + Math.floor(at('width') * 200), 'INTEGER');
    add('height', 200 + Math.floor(at('height') * 200), 'INTEGER');
    add('camera', `camera ${Math.floor(at('camera') * 20)}`, 'STRING');
    add('taken', 1_600_000_000_000 + index, 'DATETIME');
    add('patient', `p${Math.floor(at('patient') * 1e5)}`, 'STRING');
    if (at('predicted') < 0.9) add('pred_score', at('score'), 'FLOAT');
    else add('note', 'not predicted yet', 'STRING');
    // The lowest scores were asked first.
    if (at('predicted') < 0.9 && at('score') < 0.05)
      entries.push({
        path,
        key: 'annotation',
        valueType: 'BLOB',
        value: Buffer.from(`[{"of":${index % 1000}}]`),
      });
    else add('pred_run', 'a1b2c3', 'STRING');
  }
  return entries;
}

/** The protocol has no count: asked of the engine's file, on a connection like the engine's own. */
function countUnlabelledMs(dataDir: string): number {
  const database = openDatabase(join(dataDir, 'engine.sqlite'));
  const [field] = database.rows("SELECT datasource_id, id FROM field WHERE name = 'annotation'");
  const [datasource, id] = z.tuple([z.number(), z.number()]).parse(field);
  const count = `SELECT count(*) FROM ${datapointTable(datasource)} WHERE ${fieldColumn(id)} IS NULL`;
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    database.rows(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  database.close();
  return Math.min(...times);
}

type Client = EngineProcess['client'];

async function firstPage(client: Client, query: DatapointQuery): Promise<void> {
  for await (const { datapoints } of client.queryDatapoints(query)) {
    if (datapoints.length === 0) throw new Error('The page is empty.');
    return;
  }
}

/** The cursor after about so many datapoints; null at the start. */
async function cursorAt(client: Client, query: DatapointQuery, depth: number): Promise<string | null> {
  let seen = 0;
  let cursor: string | null = null;
  if (depth === 0) return null;
  for await (const { datapoints, endCursor } of client.queryDatapoints({ ...query, pageSize: 20_000 })) {
    seen += datapoints.length;
    cursor = endCursor;
    if (seen >= depth) break;
  }
  return cursor;
}

interface Cost {
  /** Of the client and the engine, in the quickest round. */
  readonly cpuMs: number;
  /** Of the middle round. */
  readonly wallMs: number;
}

async function costOf(engine: EngineProcess, times: number, work: () => Promise<void>): Promise<Cost> {
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  // Once more before: what is asked first makes an index, and is compiled.
  if (times > 1) await work();
  for (let round = 0; round < times; round++) {
    const [ours, theirs, start] = [process.cpuUsage(), await engine.cpuMs(), performance.now()];
    await work();
    wallMs.push(performance.now() - start);
    const { user, system } = process.cpuUsage(ours);
    cpuMs.push((user + system) / 1000 + (await engine.cpuMs()) - theirs);
  }
  return { cpuMs: Math.min(...cpuMs), wallMs: wallMs.sort((a, b) => a - b)[Math.floor(times / 2)] ?? NaN };
}

async function folderBytes(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
