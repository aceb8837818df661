import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensurePythonVenv } from '../../stack/python-venv.ts';
import { runCommand } from '../../stack/run-command.ts';
import { Program } from '../support/program.ts';

/** How the objects of a converted file compare with the original ones. */
interface Verdict {
  readonly images: number;
  readonly objects: number;
  readonly sameClasses: boolean;
  readonly leastIou: number;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-formats-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what we write, pycocotools and DagsHub's converter read as we meant it, and the other way round", async () => {
  const bin = await ensurePythonVenv({
    venvDir: path.resolve('.labelloop/venv'),
    name: 'formats',
    env: process.env,
    report: (message) => process.stderr.write(`the official converters: ${message}\n`),
  });
  const python = async (...args: string[]) => {
    const script = path.resolve('test/conformance/official_formats.py');
    const { code, lines } = await runCommand(path.join(bin, 'python'), [script, ...args]);
    if (code !== 0) throw new Error(`official_formats.py failed:\n${lines.join('\n')}`);
  };
  const convert = (from: string, to: string, input: string, output: string) => {
    const files = [input, output].map((file) => path.join(folder, file));
    return new Program(
      ['convert', '--from', from, '--to', to, '--yolo-task', 'segment', ...files],
      {},
    ).ended();
  };

  await python('make', folder);
  await convert('coco', 'coco', 'coco.json', 'ours-coco.json');
  await convert('coco', 'label-studio', 'coco.json', 'ours-tasks.json');
  await convert('coco', 'yolo', 'coco.json', 'ours-yolo');
  await convert('label-studio', 'coco', 'theirs-tasks.json', 'from-theirs-tasks.json');
  await convert('yolo', 'coco', 'theirs-yolo/yolo_dagshub.yaml', 'from-theirs-yolo.json');
  const result = path.join(folder, 'result.json');
  await python('compare', folder, result);

  const seen = JSON.parse(await readFile(result, 'utf8')) as Record<string, Verdict>;
  for (const [what, { sameClasses, leastIou }] of Object.entries(seen))
    expect([what, sameClasses, leastIou >= 0.999]).toEqual([what, true, true]);
  const counts = Object.entries(seen).map(([what, { images, objects }]) => [what, images, objects]);
  expect(counts).toEqual([
    ['COCO by us, read by pycocotools', 3, 33],
    ['tasks by us, read by DagsHub', 3, 33],
    ['YOLO by us, read by DagsHub', 3, 33],
    ['polygons of COCO by us, read by DagsHub', 3, 12],
    ['tasks by DagsHub, read by us', 3, 33],
    ['YOLO by DagsHub, read by us', 3, 12],
  ]);
}, 600_000);
