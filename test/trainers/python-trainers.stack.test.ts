import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../core/seeded-random.ts';
import { decodeImage } from '../../models/images/decode-image.ts';
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

test('a trainer in Python sees the pixels that our runner sees', async () => {
  const [width, height] = [101, 67];
  const random = seededRandom(5);
  const waves = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    Math.round(128 + 80 * Math.sin((at % (width * 3)) / 20) + 40 * (random() - 0.5)),
  );
  const image = () => sharp(waves, { raw: { width, height, channels: 3 } });
  const images = [
    ['3:plain.png', image().png()],
    ['3:plain.jpg', image().jpeg({ quality: 85 })],
    ['3:turned.jpg', image().withMetadata({ orientation: 6 }).jpeg()],
    ['3:alpha.png', image().ensureAlpha(0.5).png()],
    ['3:palette.png', image().png({ palette: true })],
    ['3:lossless.webp', image().webp({ lossless: true })],
    ['1:grey.png', image().toColourspace('b-w').png()],
    ['1:grey-16-bits.png', image().toColourspace('grey16').png()],
    ['1:colours-to-grey.png', image().png()],
  ] as const;
  const file = (word: string) => path.join(folder, word.slice(2));
  for (const [word, one] of images) await one.toFile(file(word));
  const words = images.map(([word]) => `${word.slice(0, 2)}${file(word)}`);
  const script = path.resolve('test/trainers/decode.py');
  const { code, lines } = await runCommand(python, [script, folder, ...words]);
  expect([code, lines]).toEqual([0, []]);
  for (const [index, [word]] of images.entries())
    for (const [resize, suffix] of [
      ['stretch', 'raw'],
      ['letterbox', 'box.raw'],
    ] as const) {
      const channels = word.startsWith('1') ? 1 : 3;
      const shape = { width: 32, height: 24, channels, resize, padValue: 114 } as const;
      const ours = await decodeImage(await readFile(file(word)), shape);
      const theirs = await readFile(path.join(folder, `${index}.${suffix}`));
      const difference = ours.reduce(
        (most, byte, at) => Math.max(most, Math.abs(byte - (theirs[at] ?? -999))),
        0,
      );
      // Weights of 14 bits, and shades of grey that are reckoned in other steps, may round the other way.
      expect([word, resize, difference <= 1]).toEqual([word, resize, true]);
    }
});

test('the template, with nothing changed, passes every check', async () => {
  const output = await check('template', ['steps=1600', 'checkpoint_seconds=0'], ['--nan-param', 'lr=1e38']);
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
