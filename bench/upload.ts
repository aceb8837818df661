import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNotNull, type MetadataEntry } from '../core/datapoints.ts';
import { hashUnit } from '../core/hash.ts';
import { predictionBlob } from '../core/annotation-blob.ts';
import { choiceResult } from '../core/results.ts';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { Bounds } from './bounds.ts';
import { startEngineProcess, type EngineProcess } from './engine-process.ts';
import { officialClient, type OfficialClient } from './official-client.ts';
import { startSlowLine } from './slow-line.ts';

const rootUrl = 's3://bench/images';
const rounds = 3;

interface Row {
  readonly path: string;
  readonly blob: string;
  readonly score: number;
}

/** A client under test: uploads the rows to a datasource that is new, and tells the seconds it took. */
type Upload = (host: string, datasource: string) => Promise<number>;

/**
 * Ten thousand predictions with their scores, uploaded to one engine by our client and by DagsHub's official one, in turn: on this machine, and
 * over a line with 50 ms there and back. The bounds are against the recipe's batches of 50; the official default is shown beside.
 *
 * @throws Error when a ratio is below its bound.
 */
export async function benchUpload(count = 10_000): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  const images = join(folder, 'images');
  await mkdir(images);
  // A datasource's scan wants an image; only the name counts.
  await writeFile(join(images, 'scan-00000000.png'), '');
  const rows = rowsOf(count);
  const engine = await startEngineProcess({ dataDir: join(folder, 'engine'), rootUrl, images });
  const bounds = new Bounds();
  try {
    const rowsFile = join(folder, 'rows.json');
    await writeFile(rowsFile, JSON.stringify(rows.map(({ path, blob, score }) => [path, blob, score])));
    const official = { official: await officialClient(engine, folder), rowsFile, count, engine };
    const uploads: readonly [string, Upload][] = [
      ['ours', ourUpload(rows, engine)],
      [
        'official, batches of 50',
        officialUpload({ ...official, env: { DAGSHUB_DE_METADATA_UPLOAD_BATCH_SIZE: '50' } }),
      ],
      ['official, its default', officialUpload(official)],
    ];
    for (const { line, roundTripMs, bound } of [
      { line: 'on this machine', roundTripMs: 0, bound: 4 },
      { line: 'over a line of 50 ms', roundTripMs: 50, bound: 20 },
    ]) {
      const slow = await startSlowLine(engine.host, roundTripMs);
      const host = roundTripMs === 0 ? engine.host : slow.url;
      const seconds: Record<string, number[]> = {};
      try {
        for (let round = 0; round < rounds; round++)
          for (const [name, upload] of uploads)
            (seconds[name] ??= []).push(await upload(host, `${name}, ${line}, ${round}`));
      } finally {
        await slow.close();
      }
      const [ours = NaN, recipe = NaN, standard = NaN] = uploads.map(([name]) => median(seconds[name] ?? []));
      console.log(`${count} predictions with scores ${line}:`);
      uploads.forEach(([name], index) =>
        console.log(`  ${name}: ${([ours, recipe, standard][index] ?? NaN).toFixed(2)} s`),
      );
      console.log(`  the official default ÷ ours: ${(standard / ours).toFixed(1)}`);
      bounds.atLeast('  official, batches of 50 ÷ ours', recipe / ours, bound);
    }
    bounds.assert();
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => {
    const path = `scan-${String(index).padStart(8, '0')}.png`;
    const score = hashUnit('score', path);
    const result = choiceResult({ fromName: 'choice', toName: 'image', label: 'cross', key: path });
    const imageUrl = `https://example.org/${path}`;
    const blob = Buffer.from(predictionBlob({ imageUrl, result, score, modelVersion: 'bench' })).toString();
    return { path, blob, score };
  });
}

function ourUpload(rows: readonly Row[], { repo, token }: EngineProcess): Upload {
  return async (host, name) => {
    const client = new DagsHubDataEngine({ host, repo, token });
    const { id: datasourceId } = await client.ensureDatasource({ name, rootUrl });
    const start = performance.now();
    const entries = rows.flatMap(({ path, blob, score }): MetadataEntry[] => [
      { path, key: 'prediction', valueType: 'BLOB', value: Buffer.from(blob) },
      { path, key: 'pred_score', valueType: 'FLOAT', value: score },
    ]);
    await client.updateMetadata({ datasourceId, entries });
    const seconds = (performance.now() - start) / 1000;
    await assertStored(client, datasourceId, rows.length);
    return seconds;
  };
}

function officialUpload(input: {
  official: OfficialClient;
  rowsFile: string;
  count: number;
  engine: EngineProcess;
  env?: Record<string, string>;
}): Upload {
  const { official, rowsFile, count, engine, env = {} } = input;
  return async (host, name) => {
    const args = [rowsFile, engine.repo, name, rootUrl];
    const seconds = Number(await official('upload_official.py', args, { host, env }));
    const datasource = await engine.client.findDatasource({ name });
    await assertStored(engine.client, datasource?.id ?? '', count);
    return seconds;
  };
}

/** Both have done the same work. */
async function assertStored(client: DagsHubDataEngine, datasourceId: string, count: number): Promise<void> {
  let stored = 0;
  const where = isNotNull('prediction', 'BLOB');
  for await (const { datapoints } of client.queryDatapoints({ datasourceId, where, pageSize: 5000 }))
    stored += datapoints.filter(({ fields }) => typeof fields['pred_score'] === 'number').length;
  if (stored !== count) throw new Error(`${stored} predictions were stored, not ${count}.`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
