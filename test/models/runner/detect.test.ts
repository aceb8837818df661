/** @jest-environment ./test/models/native-arrays-environment.ts */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { DomainError } from '../../../core/errors.ts';
import type { Detected } from '../../../core/ports.ts';
import type { ModelCard } from '../../../models/card.ts';
import { LocalModelRunner } from '../../../models/local-runner.ts';
import { InferencePool } from '../../../models/runner/inference-pool.ts';
import { selfTest } from '../../../models/runner/self-test.ts';
import { modelFolder } from '../model-folder.ts';
import { classes, fixtures, input } from '../ultralytics-models.ts';

jest.setTimeout(120_000);

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true }))));

async function folder(
  output: Partial<ModelCard['output']>,
  selftest?: ModelCard['selftest'],
): Promise<string> {
  const model = await readFile(path.join(fixtures, 'yolov8-seg.onnx'));
  const { dir } = await modelFolder(model, classes, { input, output, ...(selftest && { selftest }) });
  folders.push(dir);
  return dir;
}

const segment: Partial<ModelCard['output']> = { kind: 'yolo-seg', names: ['output0', 'output1'] };
const picture = (name: string) => readFile(path.join(fixtures, 'images', name));

test('a loaded model detects off the main thread: surest first, outlines where people are shown them', async () => {
  const runner = new LocalModelRunner({ threads: 1 });
  try {
    const model = await runner.load(await folder(segment));
    expect(model.multiLabel).toBe(false);
    const avif = await sharp(await picture('small.png'))
      .avif()
      .toBuffer();
    const [wide, broken] = await model.detect([
      { id: 'wide', bytes: await picture('wide.png') },
      { id: 'broken', bytes: avif.subarray(0, avif.length / 2) },
    ]);
    const { detections, widthPx, heightPx } = wide as Detected;
    expect([widthPx, heightPx]).toEqual([160, 120]);
    const scores = detections.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const { label, score, classScores = [], boxPx, mask, ringsPx } of detections) {
      const byClass = Array.from(classScores);
      expect(score).toBe(Math.max(...byClass));
      expect(label).toBe(classes[byClass.indexOf(score)]);
      expect(boxPx[0] + boxPx[2]).toBeLessThanOrEqual(160);
      expect(mask).toMatchObject({ width: 160, height: 120 });
      expect([score, ringsPx !== undefined]).toEqual([score, score >= 0.25]);
    }
    expect(detections.some(({ maskTerms }) => maskTerms !== undefined)).toBe(false);
    const [asked] = await model.detect([{ id: 'wide', bytes: await picture('wide.png'), maskTerms: true }]);
    for (const { score, maskTerms } of (asked as Detected).detections) {
      expect([score, maskTerms !== undefined]).toEqual([score, score >= 0.05]);
      const { entropy = 0, unclearest } = maskTerms ?? {};
      if (entropy && unclearest) expect(entropy > 0 && entropy < unclearest && unclearest <= 1).toBe(true);
    }
    expect(scores.filter((score) => score >= 0.25).length).toBeGreaterThan(1);
    expect(scores.filter((score) => score < 0.25).length).toBeGreaterThan(1);
    // One line, though the decoder gave many.
    expect(broken).toEqual({ id: 'broken', unreadable: expect.stringMatching(/^[^\n]+$/) });
    await expect(model.classify([])).rejects.toThrow('The model finds objects (yolo-seg)');
  } finally {
    await runner.close();
  }
});

test('a card with another number of classes, or another layout, is a DomainError that tells the dimensions', async () => {
  const wrong: readonly [Partial<ModelCard['output']>, RegExp][] = [
    [{ ...segment, layout: 'v5' }, /output0 is \[1, 15, 336\]; .*wants \[images, cells, 16\]/],
    [{ kind: 'yolo-detect', names: ['output0'] }, /wants \[images, 7, cells\]/],
    [{ ...segment, names: ['output0', 'output0'] }, /prototypes are \[images, coefficients, height, width\]/],
  ];
  for (const [output, message] of wrong) {
    const pool = await InferencePool.open({ modelDir: await folder(output), threads: 1 });
    const error: unknown = await pool
      .detect([{ id: 'a', bytes: await picture('small.png') }])
      .catch((caught: unknown) => caught);
    await pool.close();
    expect(error).toBeInstanceOf(DomainError);
    expect((error as Error).message).toMatch(message);
  }
});

test('the self-test repeats objects: each of the trainer is found, and none that is surer is new', async () => {
  const bytes = await picture('wide.png');
  const expected = (
    JSON.parse(await readFile(path.join(fixtures, 'expected.json'), 'utf8')) as Record<
      string,
      Record<
        string,
        { detections: { class: number; score: number; box: [number, number, number, number] }[] }
      >
    >
  )['yolov8-seg']!['wide.png']!.detections;
  const repeat = async (detections: typeof expected) => {
    const selftest = { manifest: 'valid' as const, index: 0, detections, tolerance: 0.001 };
    const pool = await InferencePool.open({ modelDir: await folder(segment, selftest), threads: 1 });
    await selfTest(pool, bytes).finally(() => pool.close());
  };
  await repeat(expected);
  const [first, second] = expected;
  await expect(repeat([{ ...first!, score: first!.score - 0.01 }])).rejects.toThrow(
    /the trainer found \w+ with score .*this runner did not; it found \d+ objects, the surest/,
  );
  const [left, top, width, height] = first!.box;
  await expect(repeat([{ ...first!, box: [left + width / 50, top, width, height] }])).rejects.toThrow(
    DomainError,
  );
  await expect(repeat([{ ...first!, class: (first!.class + 1) % 3 }])).rejects.toThrow(DomainError);
  await expect(repeat([second!])).rejects.toThrow(/this runner found .* the trainer did not/);
  await expect(repeat([])).rejects.toThrow('the trainer did not');
});
