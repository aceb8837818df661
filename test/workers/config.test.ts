import { readWorkerConfig } from '../../workers/config.ts';

const least = { LABELLOOP_REPO: 'team/images', DAGSHUB_USER_TOKEN: 'dags-token' };
const noFile = { TEMPORAL_CONFIG_FILE: `${__dirname}/no-such-temporal.toml` };

function read(
  env: Record<string, string>,
  queues: Parameters<typeof readWorkerConfig>[1] = ['loop', 'infer', 'train'],
) {
  return readWorkerConfig({ ...noFile, ...env }, queues);
}

function problems(env: Record<string, string>, queues?: Parameters<typeof readWorkerConfig>[1]): string[] {
  try {
    read(env, queues);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as Error).message.split('\n');
  }
}

test('with a repository and a token, all is DagsHub, which takes the token everywhere', () => {
  expect(read(least)).toMatchObject({
    repo: 'team/images',
    dagshub: { host: 'https://dagshub.com', token: 'dags-token' },
    mlflow: {
      trackingUri: 'https://dagshub.com/team/images.mlflow',
      username: 'dags-token',
      password: 'dags-token',
    },
    labelStudio: { url: 'https://dagshub.com/team/images/annotations/de', apiKey: 'dags-token' },
    temporal: { namespace: 'default', connection: { address: '127.0.0.1:7233' } },
    workDir: `${process.cwd()}/.labelloop/work`,
  });
});

test('the token of DagsHub goes to no other server', () => {
  const config = read({
    ...least,
    MLFLOW_TRACKING_URI: 'http://127.0.0.1:5000/',
    LABEL_STUDIO_URL: 'http://127.0.0.1:8080',
    LABEL_STUDIO_API_KEY: 'key',
  });
  expect(config.mlflow).toEqual({ trackingUri: 'http://127.0.0.1:5000' });
  expect(config.labelStudio).toEqual({ url: 'http://127.0.0.1:8080', apiKey: 'key' });
});

test('everything that is wrong is named at once, and no value is shown', () => {
  const found = problems({
    LABELLOOP_REPO: 'images',
    DAGSHUB_CLIENT_HOST: 'dagshub.com',
    MLFLOW_TRACKING_URI: 'http://user:hunter2@127.0.0.1:5000',
    LABEL_STUDIO_URL: 'ftp://x',
    LABELLOOP_WEBHOOK_URL: 'http://127.0.0.1:8092',
    LABELLOOP_INFER_THREADS: 'many',
    LABELLOOP_INFER_DEVICE: 'gpu',
    DAGSHUB_USER_TOKEN: '',
  });
  expect(found.map((line) => line.split(':')[0]).sort()).toEqual([
    'DAGSHUB_CLIENT_HOST',
    'DAGSHUB_USER_TOKEN',
    'LABELLOOP_INFER_DEVICE',
    'LABELLOOP_INFER_THREADS',
    'LABELLOOP_REPO',
    'LABEL_STUDIO_API_KEY',
    'LABEL_STUDIO_URL',
    'MLFLOW_TRACKING_URI',
  ]);
  expect(found.join()).not.toMatch(/hunter2|many/);
});

test('the webhook needs its address and its secret', () => {
  const secret = 'a-secret-of-some-length';
  expect(problems({ ...least, LABELLOOP_WEBHOOK_URL: 'http://127.0.0.1:8092' })).toEqual([
    'LABELLOOP_WEBHOOK_SECRET: is missing; both are set or neither',
  ]);
  expect(problems({ ...least, LABELLOOP_WEBHOOK_SECRET: secret })).toEqual([
    'LABELLOOP_WEBHOOK_URL: is missing; both are set or neither',
  ]);
  expect(
    problems({ ...least, LABELLOOP_WEBHOOK_URL: 'http://127.0.0.1:1', LABELLOOP_WEBHOOK_SECRET: 'short' }),
  ).toEqual(['LABELLOOP_WEBHOOK_SECRET: must have 16 characters at least']);
  expect(
    read({ ...least, LABELLOOP_WEBHOOK_URL: 'http://127.0.0.1:1/', LABELLOOP_WEBHOOK_SECRET: secret })
      .webhook,
  ).toEqual({
    url: 'http://127.0.0.1:1',
    secret,
  });
});

test('a machine that trains needs no key of Label Studio', () => {
  const env = { ...least, LABEL_STUDIO_URL: 'http://127.0.0.1:8080' };
  expect(problems(env)).toEqual(['LABEL_STUDIO_API_KEY: is missing; the queue "loop" needs it']);
  expect(read(env, ['train']).labelStudio).toBeNull();
});

test('Temporal is read as its own tools do', () => {
  expect(
    read({ ...least, TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'labels' }).temporal,
  ).toMatchObject({
    namespace: 'labels',
    connection: { address: 'temporal:7233' },
  });
  expect(problems({ ...least, TEMPORAL_PROFILE: 'nowhere' })).toEqual([
    expect.stringMatching(/^TEMPORAL_\*: .*nowhere/),
  ]);
});

test('keys for payloads make a codec; a wrong one is named by its place, and not shown', () => {
  const key = `a:${Buffer.alloc(32, 7).toString('base64')}`;
  expect(read({ ...least, LABELLOOP_PAYLOAD_KEYS: key }).temporal.payloadCodecs).toHaveLength(1);
  expect(read(least).temporal.payloadCodecs).toEqual([]);
  const [problem = '', ...others] = problems({ ...least, LABELLOOP_PAYLOAD_KEYS: `${key},b:hush` });
  expect(problem).toMatch(/^LABELLOOP_PAYLOAD_KEYS: key 2 is no "name:"/);
  expect(problem).not.toContain('hush');
  expect(others).toEqual([]);
});

test('a build id names the version of the code, where one is given', () => {
  expect(read({ ...least, LABELLOOP_BUILD_ID: '0.2.0-3f2a' }).buildId).toBe('0.2.0-3f2a');
  expect(read(least).buildId).toBeNull();
  expect(problems({ ...least, LABELLOOP_BUILD_ID: 'a b' })).toEqual([
    'LABELLOOP_BUILD_ID: must be letters, digits, dots and dashes, such as 0.2.0 or a commit',
  ]);
});

test('reminders go to an address, or nowhere', () => {
  const reminderUrl = 'https://chat.example.com/hooks/42';
  expect(read({ ...least, LABELLOOP_REMINDER_URL: reminderUrl })).toMatchObject({ reminderUrl });
  expect(read(least).reminderUrl).toBeNull();
  const [problem = ''] = problems({ ...least, LABELLOOP_REMINDER_URL: 'ftp://hush' });
  expect(problem).toMatch(/^LABELLOOP_REMINDER_URL: must be/);
  expect(problem).not.toContain('hush');
});

test('metrics are told at an address, or nowhere', () => {
  expect(read({ ...least, LABELLOOP_METRICS_ADDRESS: '0.0.0.0:9464' }).metricsAddress).toBe('0.0.0.0:9464');
  expect(read(least).metricsAddress).toBeNull();
  expect(problems({ ...least, LABELLOOP_METRICS_ADDRESS: '9464' })).toEqual([
    'LABELLOOP_METRICS_ADDRESS: must be an IP address and a port, such as 127.0.0.1:9464',
  ]);
});
