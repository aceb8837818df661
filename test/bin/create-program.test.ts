import { createProgram } from '../../bin/create-program.ts';
import { reportError } from '../../bin/report-error.ts';

/** The command line in this process: what it says, and its exit code. */
async function run(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const onOut = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean((out += String(text))));
  const onErr = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => Boolean((err += String(text))));
  const onError = jest
    .spyOn(console, 'error')
    .mockImplementation((text) => void (err += `${String(text)}\n`));
  try {
    await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
    return { code: 0, out, err };
  } catch (error) {
    return { code: reportError(error, { verbose: false }), out, err };
  } finally {
    for (const spy of [onOut, onErr, onError]) spy.mockRestore();
  }
}

const saved = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(LABELLOOP|DAGSHUB|MLFLOW|LABEL_STUDIO|TEMPORAL)_/.test(name))
      Reflect.deleteProperty(process.env, name);
});
afterEach(() => {
  process.env = { ...saved };
});

test.each([
  'start',
  'status',
  'close-review',
  'pause',
  'resume',
  'stop',
  'change-budget',
  'change-selection',
  'exclude',
  'withdraw',
  'annotate',
  'worker',
  'webhook',
])('%s --help gives an example and names --json', async (name) => {
  const { code, out } = await run([name, '--help']);
  expect(code).toBe(0);
  expect(out).toContain('--json');
  expect(out).toMatch(new RegExp(`Examples?:\\n  labelloop .*${name}`));
});

test('trainer check --help gives examples and names --json', async () => {
  const { code, out } = await run(['trainer', 'check', '--help']);
  expect(code).toBe(0);
  expect(out).toContain('--json');
  expect(out).toContain('Examples:\n  labelloop trainer check --builtin');
});

test('--version is that of the package', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});

test.each([
  ['nothing', [], 'Usage: labelloop'],
  ['an unknown command', ['statsu'], "error: unknown command 'statsu'\n(Did you mean status?)"],
  ['an unknown flag', ['status', '--wach'], "error: unknown option '--wach'\n(Did you mean --watch?)"],
  ['too many words', ['start', 'a.yaml', 'b.yaml'], 'error: too many arguments'],
  ['a command without a reason', ['pause', 'x'], "error: required option '--why <text>' not specified"],
  ['an empty reason', ['pause', 'x', '--why', ' '], 'error: --why is empty'],
  ['a budget of nothing', ['change-budget', 'x', '--why', 'y'], 'error: Give --labels, --cycles or both.'],
  ['a budget of zero', ['change-budget', 'x', '--why', 'y', '--labels', '0'], 'Give a whole number from 1.'],
  [
    'a choice of nothing',
    ['change-selection', 'x', '--why', 'y'],
    'error: Give --score, --strategy, --beta, --near-duplicates,',
  ],
  ['no image to exclude', ['exclude', 'x', '--why', 'y'], "error: missing required argument 'paths'"],
  [
    'a share of two',
    ['change-selection', 'x', '--why', 'y', '--random-share', '2'],
    'Give a number from 0 to 1.',
  ],
  [
    'an unknown queue',
    ['worker', '--queues', 'loop,gpu'],
    'There is no "gpu"; the queues are loop, infer, train, train-gpu.',
  ],
  ['a trainer without a command', ['trainer', 'check'], "Give either --builtin or the trainer's command"],
  [
    'two trainers',
    ['trainer', 'check', '--builtin', '--', 'x'],
    "Give either --builtin or the trainer's command",
  ],
  [
    'a device for what ships with labelloop',
    ['trainer', 'check', '--builtin', '--device', 'cuda:0'],
    'the built-in trainers compute on the processor.',
  ],
  ['a parameter without a value', ['trainer', 'check', '--param', 'lr', '--', 'x'], 'Give key=value.'],
  ['a port of letters', ['webhook', '--port', 'x'], 'A port is a number from 0 to 65535.'],
  [
    'a loop file that is not there',
    ['start', 'no-such.yaml'],
    'error: no-such.yaml: cannot be read: there is no such file.',
  ],
  [
    'a loop file named to status',
    ['status', 'no-such.yaml'],
    'error: no-such.yaml: cannot be read: there is no such file.',
  ],
  [
    'an environment file that is not there',
    ['--env-file', 'no.env', 'status'],
    'error: no.env: cannot be read: there is no such file.',
  ],
  ['a worker without settings', ['worker'], 'LABELLOOP_REPO: is missing'],
  ['a webhook server without a secret', ['webhook'], 'error: LABELLOOP_WEBHOOK_SECRET: is missing'],
])('%s is wrong input: exit code 2', async (_, argv, message) => {
  const { code, out, err } = await run(argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(err).not.toMatch(/^\s+at /m);
});
