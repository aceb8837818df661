import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ModelTask } from '../core/model-task.ts';
import { packageFile } from '../stack/program-entry.ts';
import { runCommand } from '../stack/run-command.ts';

export interface BenchModel {
  readonly name: string;
  readonly task: ModelTask;
  readonly side: number;
  /** Images of a pass. */
  readonly images: number;
}

const folder = resolve('.labelloop/bench');
const exporter = join(folder, 'export');
/** Debian's torch is small and exports as well as any; Ultralytics comes without its dependencies, of which torch is one. */
const exportPackages = [
  'numpy==1.26.4',
  'onnx==1.16.2',
  'protobuf==4.25.9',
  'matplotlib==3.9.2',
  'opencv-python-headless==4.10.0.84',
  'pandas==2.2.3',
  'scipy==1.14.1',
  'seaborn==0.13.2',
  'tqdm==4.67.1',
  'py-cpuinfo==9.0.0',
];
const ultralytics = ['ultralytics==8.3.40', 'ultralytics-thop==2.0.14'];

/** The folder of a model with weights by chance, exported from PyTorch when it is first asked for. */
export async function benchModel(model: BenchModel): Promise<string> {
  const dir = join(folder, model.name);
  if (!(await exists(join(dir, 'model.onnx')))) {
    console.log(`${model.name}: exporting it from PyTorch, once`);
    await mkdir(dir, { recursive: true });
    await ensureExporter();
    const script = packageFile(import.meta.url, 'bench/inference_export.py');
    await run(join(exporter, 'bin/python'), [script, folder, model.name]);
    await rename(join(folder, `${model.name}.onnx`), join(dir, 'model.onnx'));
  }
  const sha256 = createHash('sha256')
    .update(await readFile(join(dir, 'model.onnx')))
    .digest('hex');
  await writeFile(join(dir, 'model.json'), JSON.stringify(card(model, sha256)));
  return dir;
}

/** As many JPEGs of 640 to 1280 pixels a side, made of the photos that Python packages ship. */
export async function benchPhotos(python: string, count: number): Promise<string> {
  const dir = join(folder, `photos-${count}`);
  if (await exists(dir)) return dir;
  console.log(`making ${count} photos, once`);
  const aside = `${dir}.incoming`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  await run(python, [packageFile(import.meta.url, 'bench/inference_photos.py'), aside, String(count)]);
  await rename(aside, dir);
  return dir;
}

async function ensureExporter(): Promise<void> {
  if (await exists(join(exporter, '.complete'))) return;
  const system = '/usr/bin/python3';
  const { code } = await runCommand(system, ['-c', 'import torch, torchvision']);
  if (code !== 0)
    throw new Error(
      `${system} has no torch to export models with: apt-get install python3-torch python3-torchvision python3-venv.`,
    );
  await rm(exporter, { recursive: true, force: true });
  await run(system, ['-m', 'venv', '--system-site-packages', exporter]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(join(exporter, 'bin/python'), [...pip, ...exportPackages]);
  await run(join(exporter, 'bin/python'), [...pip, '--no-deps', ...ultralytics]);
  await writeFile(join(exporter, '.complete'), '');
}

async function run(file: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, YOLO_CONFIG_DIR: folder };
  const { code, lines } = await runCommand(file, args, { env });
  if (code !== 0) throw new Error(`${file} ${args[0] ?? ''} failed:\n${lines.slice(-10).join('\n')}`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function card({ task, side }: BenchModel, sha256: string): unknown {
  const classifies = task === 'classification';
  const classes = Array.from({ length: classifies ? 1000 : 80 }, (_, index) => `class ${index}`);
  return {
    schema: 'al-model/1',
    task,
    classes,
    input: {
      name: 'images',
      dtype: 'float32',
      layout: 'NCHW',
      width: side,
      height: side,
      channels: 3,
      color: 'RGB',
      resize: classifies ? 'stretch' : 'letterbox',
      // As the tuned loop in Python does.
      interpolation: classifies ? 'halved-area' : 'area',
      pad_value: 114,
      normalisation: 'by-host',
      scale: 1 / 255,
    },
    output: { kind: classifies ? 'class-logits' : 'yolo-detect', names: ['output0'] },
    opset: 17,
    sha256,
    metrics: {},
    trainer: { name: 'bench', version: '1' },
    params: {},
    seed: 1,
    data: { train: 0, valid: 0, train_sha256: '', valid_sha256: '' },
  };
}
