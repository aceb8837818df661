import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecrets } from '../../stack/secrets.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-secrets-'));
  file = join(folder, 'secrets.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('loadSecrets', () => {
  it('makes them once, for the owner only', async () => {
    const first = await loadSecrets(file);
    expect(first.labelStudioToken).toMatch(/^[0-9a-f]{40}$/);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await loadSecrets(file)).toEqual(first);
  });

  it('makes others for another folder', async () => {
    const first = await loadSecrets(file);
    const second = await loadSecrets(join(folder, 'other.json'));
    for (const key of Object.keys(first) as (keyof typeof first)[]) expect(second[key]).not.toBe(first[key]);
  });

  it('closes a file that others could read', async () => {
    await loadSecrets(file);
    await chmod(file, 0o644);
    await loadSecrets(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged file, names what is wrong and shows no value', async () => {
    const secrets = await loadSecrets(file);
    await writeFile(file, JSON.stringify({ ...secrets, labelStudioToken: 'private-value' }));
    const error = await loadSecrets(file).then(
      () => null,
      (caught: unknown) => String(caught),
    );
    expect(error).toContain(`${file} is damaged (labelStudioToken)`);
    expect(error).not.toContain('private-value');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 20));
    await expect(loadSecrets(file)).rejects.toThrow('is damaged (its form)');
  });
});
