import { resolve } from 'node:path';
import type { ModelTask } from '../core/model-task.ts';
import type { InferDevice } from '../models/runner/infer-devices.ts';
import { packageFile } from '../stack/program-entry.ts';
import { runCommand } from '../stack/run-command.ts';
import type { InferencePass } from './inference-pass.ts';

const compiledPass = resolve('.labelloop/bench/compiled/bench/inference-pass.js');

/** As workers ship: TypeScript's loader takes 100 MB and a share of each garbage collection. */
export async function compilePass(): Promise<void> {
  const [compiler, project] = ['node_modules/.bin/tsc', 'tsconfig.bench.json'].map((file) =>
    packageFile(import.meta.url, file),
  );
  const { code, lines } = await runCommand(compiler ?? '', ['-p', project ?? '']);
  if (code !== 0) throw new Error(`The pass cannot be compiled:\n${lines.slice(-10).join('\n')}`);
}

/** Runs `inference-pass.ts`, once compiled, in a process of its own. */
export async function runInferencePass(input: {
  modelDir: string;
  photos: string;
  images: number;
  task: ModelTask;
  cancel: number;
  device?: InferDevice;
  threads?: number;
}): Promise<InferencePass> {
  const { modelDir, photos, images, task, cancel, device = 'cpu', threads = 2 } = input;
  const args = [
    compiledPass,
    modelDir,
    photos,
    String(images),
    task,
    String(cancel),
    device,
    String(threads),
  ];
  const { code, lines } = await runCommand(process.execPath, args);
  if (code !== 0) throw new Error(`Our pass failed:\n${lines.slice(-10).join('\n')}`);
  return JSON.parse(lines.at(-1) ?? '') as InferencePass;
}
