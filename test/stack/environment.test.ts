import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { serverEnvironment } from '../../stack/server-environment.ts';
import { writeEnvFile } from '../../stack/stack-env-file.ts';

describe('serverEnvironment', () => {
  it('passes on what programs need, and no token and no stray setting', () => {
    const env = {
      PATH: '/bin',
      LC_ALL: 'C',
      PORT: '1',
      HOST: 'x',
      DEBUG: '1',
      USERNAME: 'u',
      PASSWORD: 'p',
      DAGSHUB_USER_TOKEN: 't',
      HEARTEX_X: '1',
    };
    expect(serverEnvironment(env, { OWN: 'yes' })).toEqual({ PATH: '/bin', LC_ALL: 'C', OWN: 'yes' });
  });
});

describe('writeEnvFile', () => {
  it('writes what --env-file reads, for the owner only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'labelloop-env-'));
    const file = join(folder, 'stack.env');
    const env = {
      URL: 'http://127.0.0.1:5000',
      SPACED: 'a b',
      HASH: 'a#b',
      QUOTED: `it's`,
      EMPTY: '',
      DOLLAR: 'a$b',
    };
    await writeEnvFile(file, env);
    expect(parseEnv(await readFile(file, 'utf8'))).toEqual(env);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});
