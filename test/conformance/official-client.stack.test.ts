import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { runOfficialClient } from './run-official-client.ts';

let local: LocalEngine;
beforeEach(async () => {
  const names = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(2, '0')}.png`);
  local = await startLocalEngine(
    Object.fromEntries(names.map((name) => [name, Buffer.from(`image ${name}`)])),
  );
});
afterEach(() => local.close());

/** The script asserts values as it goes; what it hands back here is what only the server can have said. */
test('the official client runs against the local Data Engine unchanged', async () => {
  const host = local.engine.url;
  const commit = expect.stringMatching(/^[0-9a-f]{40}$/) as string;
  const csvTypes = {
    ...{ whole: 'INTEGER', gaps: 'FLOAT', score: 'FLOAT', ok: 'BOOLEAN', some: 'BOOLEAN' },
    ...{ mixed: 'STRING', words: 'STRING', report: 'BLOB' },
  };
  const plain = (valueType: string): unknown => [valueType, false, []];
  expect(await runOfficialClient('official_client.py', { host, token: testToken })).toEqual({
    token_owner: 'team',
    repo: { full_name: testRepo, default_branch: 'main', head: commit },
    commit,
    storages: [{ name: 'digits/data', protocol: 's3' }],
    fields: { split: 'STRING', annotation: 'BLOB' },
    image: 'image 01.png',
    fields_after: {
      split: plain('STRING'),
      annotation: plain('BLOB'),
      prediction: plain('BLOB'),
      pred_score: plain('FLOAT'),
      rounds: plain('INTEGER'),
      ok: plain('BOOLEAN'),
      tags: ['STRING', true, []],
      taken: plain('DATETIME'),
      report: ['BLOB', false, ['text_document']],
    },
    row: {
      tags: ['hard', 'blurred'],
      rounds: 0,
      ok: true,
      taken: '2025-01-01T00:30:00+01:00',
      url: `${host}/api/v1/repos/${testRepo}/storage/raw/s3/digits/data/04.png`,
    },
    datasets: ['everything', 'to-label'],
    annotation_tags: ['annotation'],
    box: ['cat'],
    imported: {
      'all.csv': csvTypes,
      'all.csv.gz': csvTypes,
      'all.zip': csvTypes,
      'all.parquet': csvTypes,
    },
    by_frame: { seen_by: ['ann', 'ben'], at: '2025-03-01T10:00:00+00:00' },
    listing: ['s3/digits/data/00.png', 's3/digits/data/01.png', 's3/digits/data/02.png'],
  });
}, 600_000);
