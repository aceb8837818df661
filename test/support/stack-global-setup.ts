import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { drawSampleData } from '../../models/trainers/check/sample-data.ts';
import { progressPrinter } from '../../stack/progress.ts';
import { labelStudioUser } from '../../stack/start-label-studio.ts';
import { startStack } from '../../stack/start-stack.ts';
import { writeGlyphs } from './glyphs.ts';
import type { StackNote } from './stack-environment.ts';

declare global {
  /** Set here, called by the global teardown, which runs in the same process. */
  var stopTestStack: (() => Promise<void>) | undefined;
}

/** Starts the real servers once for all tests of the project, on free ports and empty folders. Jest looks for a default export. */
// eslint-disable-next-line import-x/no-default-export
export default async function stackGlobalSetup(): Promise<void> {
  const dataDir = resolve('.labelloop/test-stack');
  await rm(dataDir, { recursive: true, force: true });
  const images = join(dataDir, 'glyphs');
  const truth = await writeGlyphs(images, 900, 1);
  const forms = join(dataDir, 'forms');
  await drawSampleData(forms, 'segmentation');
  const repo = 'local/labelloop';
  const printer = progressPrinter(process.stderr);
  const stack = await startStack({
    dataDir,
    repo,
    roots: [
      { url: 's3://glyphs/images', folder: images },
      { url: 's3://forms/images', folder: forms },
    ],
    ports: { temporal: 0, 'temporal-ui': 0, mlflow: 0, 'label-studio': 0, engine: 0 },
    onProgress: printer.onEvent,
  });
  printer.settle();
  globalThis.stopTestStack = () => stack.stop();

  const secrets = JSON.parse(await readFile(join(dataDir, 'secrets.json'), 'utf8')) as {
    labelStudioPassword: string;
  };
  const value = (name: string): string => stack.env[name] ?? '';
  const note: StackNote = {
    repo,
    temporalUi: stack.links.find(({ name }) => name.startsWith('Temporal'))?.url ?? '',
    mlflowUri: value('MLFLOW_TRACKING_URI'),
    labelStudio: {
      url: value('LABEL_STUDIO_URL'),
      apiKey: value('LABEL_STUDIO_API_KEY'),
      username: labelStudioUser,
      password: secrets.labelStudioPassword,
    },
    dagshub: { host: value('DAGSHUB_CLIENT_HOST'), repo, token: value('DAGSHUB_USER_TOKEN') },
    truth: Object.fromEntries(truth),
    env: { ...stack.env, LABELLOOP_REPO: repo },
  };
  const file = join(dataDir, 'test-stack.json');
  await writeFile(file, JSON.stringify(note), { mode: 0o600 });
  process.env['LABELLOOP_TEST_STACK'] = file;
}
