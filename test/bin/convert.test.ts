import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { createProgram } from '../../bin/create-program.ts';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-convert-'));
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function convert(from: string, to: string, input: string, output: string, ...flags: string[]) {
  const argv = [
    'convert',
    '--from',
    from,
    '--to',
    to,
    ...flags,
    path.join(folder, input),
    path.join(folder, output),
  ];
  const program = await createProgram(argv);
  await program.parseAsync(argv, { from: 'user' });
}

const coco = {
  images: [
    { id: 1, file_name: 'scans/a.png', width: 40, height: 20 },
    { id: 2, file_name: 'b.png', width: 10, height: 10 },
  ],
  categories: [
    { id: 20, name: 'dog' },
    { id: 3, name: 'cat' },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 20, bbox: [10, 5, 20, 10] },
    { id: 2, image_id: 1, category_id: 3, bbox: [0, 0, 40, -1] },
  ],
};
const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
const read = (name: string) => readFile(path.join(folder, name), 'utf8');

test('COCO to YOLO and back: classes keep their order, images without objects their place', async () => {
  await write('coco.json', JSON.stringify(coco));
  await convert('coco', 'yolo', 'coco.json', 'yolo');
  expect(printed.join('\n')).toContain('1 objects on 2 images; 1 left out, 0 cut');
  expect(printed.join('\n')).toContain('coco.json: annotations[1]: its height is -1; left out');
  expect(await read('yolo/labels/scans/a.txt')).toBe('1 0.5 0.5 0.5 0.5\n');
  expect(await read('yolo/labels/b.txt')).toBe('');
  expect(await read('yolo/dataset.yaml')).toBe('train: images\nval: images\nnames:\n  0: cat\n  1: dog\n');

  await mkdir(path.join(folder, 'yolo/images/scans'), { recursive: true });
  for (const { file_name: name, width, height } of coco.images)
    await sharp({ create: { width, height, channels: 3, background: 'black' } })
      .png()
      .toFile(path.join(folder, 'yolo/images', name));
  await convert('yolo', 'coco', 'yolo/dataset.yaml', 'back.json', '--json');
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ images: 2, objects: 1, skipped: 0, clipped: 0 });
  const back = JSON.parse(await read('back.json')) as typeof coco;
  expect(back.categories.map(({ name }) => name)).toEqual(['cat', 'dog']);
  expect(back.images.map(({ file_name: name }) => name)).toEqual(['images/b.png', 'images/scans/a.png']);
  expect(back.annotations).toMatchObject([{ image_id: 2, category_id: 2, bbox: [10, 5, 20, 10] }]);
});

test('a file that is refused leaves nothing behind', async () => {
  await write(
    'coco.json',
    JSON.stringify({ ...coco, annotations: [{ ...coco.annotations[0], category_id: 4 }] }),
  );
  for (const [to, output] of [
    ['label-studio', 'tasks.json'],
    ['yolo', 'yolo'],
  ] as const)
    await expect(convert('coco', to, 'coco.json', output)).rejects.toThrow(
      'annotations[0]: its category_id 4 is none of "categories".',
    );
  expect(await readdir(folder)).toEqual(['coco.json']);
});

test('an output that is there is never overwritten, an input that is not is named', async () => {
  await write('coco.json', JSON.stringify(coco));
  await write('tasks.json', 'precious');
  await expect(convert('coco', 'label-studio', 'coco.json', 'tasks.json')).rejects.toThrow(
    'is there already',
  );
  expect(await read('tasks.json')).toBe('precious');
  await expect(convert('coco', 'label-studio', 'none.json', 'other.json')).rejects.toThrow(
    'none.json on this machine (ENOENT)',
  );
});

test('images that would share a label file, or lie outside, are named', async () => {
  const twins = ['a.png', 'a.jpg'].map((name, id) => ({ id, file_name: name, width: 4, height: 4 }));
  const annotations = [{ id: 1, image_id: 0, category_id: 3, bbox: [0, 0, 1, 1] }];
  await write('twins.json', JSON.stringify({ ...coco, images: twins, annotations }));
  await expect(convert('coco', 'yolo', 'twins.json', 'yolo')).rejects.toThrow('would share the label file');
  const outside = [{ id: 0, file_name: '../../a.png', width: 4, height: 4 }];
  await write('outside.json', JSON.stringify({ ...coco, images: outside, annotations }));
  await expect(convert('coco', 'yolo', 'outside.json', 'yolo')).rejects.toThrow('leads out of the folder');
  expect((await readdir(folder)).sort()).toEqual(['outside.json', 'twins.json']);
});
