import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensurePythonVenv } from '../../stack/python-venv.ts';
import { runCommand } from '../../stack/run-command.ts';
import { Program } from '../support/program.ts';

let folder: string;
let python: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-python-trainers-'));
  const bin = await ensurePythonVenv({
    venvDir: path.resolve('.labelloop/venv'),
    name: 'scikit-learn',
    requirements: 'trainers/scikit-learn/requirements.txt',
    env: process.env,
    report: (message) => process.stderr.write(`scikit-learn: ${message}\n`),
  });
  python = path.join(bin, 'python');
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the template, with nothing changed, passes every check', async () => {
  const output = await check('template', ['steps=400', 'checkpoint_seconds=0'], ['--nan-param', 'lr=1e38']);
  expect(output).toContain('18 passed, 0 failed, 0 not shown');
}, 600_000);

test('scikit-learn on a frozen backbone passes every check but that of the rate that it does not have', async () => {
  const backbone = path.join(folder, 'backbone.onnx');
  const { code, lines } = await runCommand(python, [
    path.resolve('test/trainers/make_backbone.py'),
    backbone,
  ]);
  expect([code, lines]).toEqual([0, []]);
  const output = await check('scikit-learn', [
    `backbone=${backbone}`,
    'iterations=1',
    'rounds=400',
    'c=100000',
    'checkpoint_seconds=0',
  ]);
  expect(output).toContain('17 passed, 0 failed, 1 not shown');
  expect(output).toMatch(/^– NaN loss/m);
}, 600_000);

/** What `labelloop trainer check` prints; throws with it when a check fails. */
async function check(
  name: string,
  params: readonly string[],
  flags: readonly string[] = [],
): Promise<string> {
  const words = params.flatMap((param) => ['--param', param]);
  const trainer = path.resolve('trainers', name, 'train.py');
  const program = new Program(['trainer', 'check', ...words, ...flags, '--', python, trainer], {});
  await program.ended();
  return program.output;
}
