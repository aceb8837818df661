import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../core/seeded-random.ts';
import { cardFileName, modelFileName, type ModelCard } from '../../models/card.ts';
import { lengthOf } from '../../models/trainers/learning/parameters.ts';
import { modelGraph } from '../../models/trainers/ort-cnn/graphs.ts';
import { networkParameters, type NetworkShape } from '../../models/trainers/ort-cnn/network.ts';

/** A network with weights by chance: it knows nothing, but always says the same. */
export function untrained(shape: NetworkShape): Uint8Array {
  const random = seededRandom(3);
  const spread = 2 / Math.sqrt(shape.width);
  return modelGraph(
    shape,
    Float32Array.from({ length: lengthOf(networkParameters(shape)) }, () => (random() - 0.5) * spread),
    1,
  );
}

interface CardChange {
  readonly input?: Partial<ModelCard['input']>;
  readonly output?: Partial<ModelCard['output']>;
  readonly selftest?: ModelCard['selftest'];
}

/** A folder with a model and a card that belongs to it. */
export async function modelFolder(
  model: Uint8Array,
  classes: readonly string[],
  change: CardChange,
): Promise<{ dir: string; card: ModelCard }> {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-model-'));
  const card = cardOf(classes, change, createHash('sha256').update(model).digest('hex'));
  await writeFile(join(dir, modelFileName), model);
  await writeFile(join(dir, cardFileName), JSON.stringify(card));
  return { dir, card };
}

/** The card of a small classifier, with changes. */
export function cardOf(classes: readonly string[], change: CardChange, sha256 = '0'.repeat(64)): ModelCard {
  return {
    schema: 'al-model/1',
    task: 'classification',
    classes: [...classes],
    input: {
      name: 'images',
      dtype: 'uint8',
      layout: 'NHWC',
      width: 10,
      height: 10,
      channels: 1,
      color: 'GRAY',
      resize: 'stretch',
      normalisation: 'in-graph',
      ...change.input,
    },
    output: { kind: 'class-probabilities', names: ['probabilities'], ...change.output },
    opset: 17,
    sha256,
    metrics: {},
    ...(change.selftest && { selftest: change.selftest }),
    trainer: { name: 'test', version: '1' },
    params: {},
    seed: 0,
    data: { train: 0, valid: 0, train_sha256: '', valid_sha256: '' },
  };
}
