import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTemporalCli } from '../../stack/find-temporal-cli.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-find-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(
  path: string,
  says = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)',
): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho '${says}'\n`);
  await chmod(file, 0o755);
  return file;
}

const find = (env: Record<string, string>) =>
  findTemporalCli(undefined, { env: { HOME: folder, ...env }, mayInstall: false });

describe('findTemporalCli', () => {
  it('prefers a running server to any program', async () => {
    const path = await program('cli/temporal');
    expect(await find({ TEMPORAL_ADDRESS: 'there:7233', TEMPORAL_CLI_PATH: path })).toEqual({
      address: 'there:7233',
    });
  });

  it('looks at TEMPORAL_CLI_PATH, PATH, GOBIN, GOPATH, ~/go/bin and downloads, in this order', async () => {
    const download = await program('.cache/labelloop/temporal-cli-sdk-typescript-1.24.0');
    const env: Record<string, string> = {
      PATH: join(folder, 'path'),
      GOBIN: join(folder, 'gobin'),
      GOPATH: join(folder, 'gopath'),
    };
    expect(await find(env)).toEqual({ path: download });
    for (const place of ['go/bin/temporal', 'gopath/bin/temporal', 'gobin/temporal', 'path/temporal']) {
      const path = await program(place);
      expect(await find(env)).toEqual({ path });
    }
    const given = await program('given');
    expect(await find({ ...env, TEMPORAL_CLI_PATH: given })).toEqual({ path: given });
  });

  it('passes over another program of that name', async () => {
    await program('path/temporal', 'temporal 0.3, a calendar');
    const path = await program('go/bin/temporal');
    expect(await find({ PATH: join(folder, 'path') })).toEqual({ path });
  });

  it('says so when TEMPORAL_CLI_PATH is no Temporal', async () => {
    const path = await program('other', 'hello');
    await expect(find({ TEMPORAL_CLI_PATH: path })).rejects.toThrow(
      `TEMPORAL_CLI_PATH is ${path}, which is no Temporal command line`,
    );
  });

  it('says how to install one when there is none', async () => {
    await expect(find({ PATH: folder })).rejects.toThrow(
      /^No Temporal command line is found; install it \(https:.*go install github\.com.*set TEMPORAL_CLI_PATH to it, or set TEMPORAL_ADDRESS/,
    );
  });
});
