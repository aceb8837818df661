import { ensureDatasourceActivity } from '../../activities/ensure-datasource.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { fields } from '../../core/fields.ts';
import { FakeDataEngine } from '../support/fake-data-engine.ts';
import { runActivity, startActivity } from '../support/run-activity.ts';

const rootUrl = 's3://bucket/images';
const input = { name: 'glyphs', rootUrl };

test('creates, scans, waits until READY with heartbeats, and declares the fields', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: ['a.png', 'b.png'] }, readsUntilReady: 1 });
  const run = startActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input);
  expect(await run.result).toEqual({ id: '1', rootUrl });
  expect(run.heartbeats).toEqual(['IN_PROGRESS']);
  expect(engine.fieldTags('1', fields.annotation.name)).toEqual(['annotation']);
  expect(engine.rows('1')).toHaveLength(2);
});

test('a second call finds the same datasource, and the new files', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: ['a.png'] } });
  const { ensureDatasource } = ensureDatasourceActivity({ engine });
  await runActivity(ensureDatasource, input);
  engine.addImage(rootUrl, 'b.png');
  expect(await runActivity(ensureDatasource, input)).toEqual({ id: '1', rootUrl });
  expect(engine.rows('1').map(({ path }) => path)).toEqual(['a.png', 'b.png']);
});

test('a root that cannot be read fails for good, saying what to check', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: [] } });
  await expect(
    runActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input),
  ).rejects.toMatchObject({
    type: 'DomainError',
    nonRetryable: true,
    message: expect.stringContaining(
      'DagsHub could not read s3://bucket/images for the datasource "glyphs" (status FAILED)',
    ),
  });
});

test('says why a scan failed where the server says so', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: [] } });
  const find = engine.findDatasource.bind(engine);
  engine.findDatasource = async (by, signal) => {
    const found = await find(by, signal);
    return found && { ...found, statusReason: 'access denied' };
  };
  await expect(runActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input)).rejects.toThrow(
    '(access denied)',
  );
});

test('a name that stands for another root fails for good', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: ['a.png'], 's3://other': ['b.png'] } });
  await engine.ensureDatasource({ name: 'glyphs', rootUrl: 's3://other' });
  await expect(
    runActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input),
  ).rejects.toMatchObject({ nonRetryable: true });
});

test('a server that is away is asked again, when it says', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: ['a.png'] } });
  engine.failNext('scanDatasource', new ServiceUnavailableError('DagsHub: 429', { retryAfterMs: 7000 }));
  await expect(
    runActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input),
  ).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: 7000 });
});

test('cancelling ends the wait for a scan', async () => {
  const engine = new FakeDataEngine({ roots: { [rootUrl]: ['a.png'] }, readsUntilReady: 1000 });
  const run = startActivity(ensureDatasourceActivity({ engine }).ensureDatasource, input);
  run.cancel();
  await expect(run.result).rejects.toMatchObject({
    name: expect.stringMatching(/CancelledFailure|AbortError/),
  });
});
