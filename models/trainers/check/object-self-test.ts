import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { modelFileName, type ModelCard } from '../../card.ts';
import { decodeImage } from '../../images/decode-image.ts';
import { selfTestImage } from '../../local-trainer.ts';
import { inputTensor } from '../../runner/input-tensor.ts';
import { BrokenPromise } from './trainer-check.ts';

/**
 * Repeats the self-test of a model that finds objects: by class, the highest score of any cell. Its first output is YOLOv8's,
 * `[1][4 + classes + …][cells]`.
 */
export async function repeatObjectSelfTest(jobDir: string, modelDir: string, card: ModelCard): Promise<void> {
  const { input, output, classes, selftest } = card;
  const bytes = await selfTestImage(jobDir, card);
  const { width, height, channels, resize, pad_value: padValue = 0 } = input;
  const pixels = await decodeImage(bytes, { width, height, channels, resize, padValue });
  const session = await InferenceSession.create(join(modelDir, modelFileName), { intraOpNumThreads: 1 });
  try {
    const name = output.names[0] ?? '';
    const { [name]: answer } = await session.run({ [input.name]: inputTensor(card, [pixels]) }, [name]);
    const [, rows = 0, cells = 0] = answer?.dims ?? [];
    if (answer?.type !== 'float32' || rows < 4 + classes.length)
      throw new BrokenPromise(`its output ${name} is not float32 [1][4 + classes][cells]`);
    const data = answer.data as Float32Array;
    for (const [index, label] of classes.entries()) {
      const scores = data.subarray((4 + index) * cells, (5 + index) * cells);
      const actual = scores.reduce((highest, score) => Math.max(highest, score), 0);
      const expected = selftest?.probs[index] ?? NaN;
      if (!(Math.abs(actual - expected) <= (selftest?.tolerance ?? 0)))
        throw new BrokenPromise(
          `it does not repeat its self-test: the highest score of ${label} was ${expected.toFixed(6)} for the trainer, ` +
            `${actual.toFixed(6)} here`,
        );
    }
  } finally {
    await session.release();
  }
}
