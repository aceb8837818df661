import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../../stack/find-python.ts';
import { ensurePythonVenv } from '../../stack/python-venv.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-venv-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function script(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Takes the calls that the installation makes; its `pip` counts itself and ends as told. */
function python(pip: string): Promise<string> {
  const calls = join(folder, 'calls');
  return script(
    'python3',
    `case "$2" in
venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
pip) echo install >> ${calls}; ${pip} ;;
*) echo '3 11'; echo ${join(folder, 'python3')} ;;
esac`,
  );
}

const install = async () => {
  const messages: string[] = [];
  const bin = await ensurePythonVenv({
    venvDir: join(folder, 'venv'),
    name: 'mlflow',
    env: { PATH: process.env['PATH'], LABELLOOP_PYTHON: join(folder, 'python3') },
    report: (message) => messages.push(message),
  });
  return { bin, messages };
};
const installs = async () => (await readFile(join(folder, 'calls'), 'utf8')).split('\n').length - 1;

describe('ensurePythonVenv', () => {
  it('installs once, and says what it is doing', async () => {
    await python('echo "Collecting mlflow==3"; echo "Installing collected packages: a, b"');
    const { bin, messages } = await install();
    expect(bin).toBe(join(folder, 'venv', 'mlflow', 'bin'));
    expect(messages).toEqual([
      'Making a virtual environment',
      'Collecting package 1: mlflow',
      'Unpacking 1 packages',
    ]);
    expect((await install()).messages).toEqual([]);
    expect(await installs()).toBe(1);
  });

  it('repeats an installation that failed or was killed', async () => {
    await python('echo "ERROR: No matching distribution found"; exit 1');
    await expect(install()).rejects.toThrow(
      'pip cannot install mlflow: ERROR: No matching distribution found',
    );
    await python('kill -9 $$');
    await expect(install()).rejects.toThrow('pip cannot install mlflow');
    await python('true');
    await install();
    expect(await installs()).toBe(3);
  });

  it('repeats it when the requirements have changed', async () => {
    await python('true');
    await install();
    await writeFile(join(folder, 'venv', 'mlflow', '.complete'), 'the hash of another version');
    await install();
    expect(await installs()).toBe(2);
  });

  it('installs once for two that ask at the same time', async () => {
    await python('sleep 0.5');
    const [one, two] = await Promise.all([install(), install()]);
    expect(one.bin).toBe(two.bin);
    expect(await installs()).toBe(1);
    expect([...one.messages, ...two.messages]).toContain(
      `Waiting for process ${process.pid}, which is installing it`,
    );
  });
});

describe('findPython', () => {
  const find = () => findPython({ PATH: folder });

  it('says that there is none', async () => {
    await expect(find()).rejects.toThrow(
      'need Python 3.10 or newer with venv: there is none on PATH; install one, or set LABELLOOP_PYTHON',
    );
  });

  it('says which are too old or lack venv', async () => {
    await script('python3', 'echo "3 9"; echo /old');
    await script('python3.11', 'echo "3 11"; exit 1');
    await expect(find()).rejects.toThrow(
      'python3 is 3.9, python3.11 lacks the module venv (on Debian: apt install python3-venv)',
    );
  });

  it('takes the first that will do', async () => {
    await script('python3', 'echo "3 9"; echo /old');
    await script('python3.12', 'echo "3 12"; echo /good');
    expect(await find()).toBe('/good');
  });
});
