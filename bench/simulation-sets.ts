import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNpy } from '../core/formats/npy.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { seededOrder } from '../core/selection/seeded-order.ts';
import { readDigitRows } from '../demo/digit-rows.ts';
import { packageFile } from '../stack/program-entry.ts';

const copies = 5;

/**
 * scikit-learn's digits once; five times, with up to one of their sixteen grey levels of noise; and two an image, as COCO. Beside each set lie its grey
 * values, as embeddings.
 */
export async function writeSimulationSets(folder: string): Promise<void> {
  const rows = await readDigitRows(packageFile(import.meta.url, '.labelloop/venv/mlflow'));
  const random = seededRandom(7);
  const named = rows.map((row, index) => ({
    name: `digit-${String(index).padStart(4, '0')}`,
    label: row.at(-1) ?? NaN,
    greys: row.slice(0, -1),
  }));
  const noisy = named.flatMap(({ name, label, greys }) =>
    Array.from({ length: copies }, (_, copy) => ({
      name: `${name}-${copy}`,
      label,
      greys: greys.map((grey) => Math.min(16, Math.max(0, grey + 2 * random() - 1))),
    })),
  );
  await mkdir(folder, { recursive: true });
  for (const [set, images] of Object.entries({ digits: named, copies: noisy })) {
    await writeFile(
      join(folder, `${set}.csv`),
      images.map(({ name, label }) => `${name}.png,${label}\n`).join(''),
    );
    await writeGreys(
      folder,
      set,
      images.map(({ greys }) => greys),
    );
  }
  const order = seededOrder(
    named.map(({ name }) => name),
    'pairs',
  );
  const pairs = Array.from({ length: named.length >> 1 }, (_, pair) =>
    [...order.subarray(2 * pair, 2 * pair + 2)].flatMap((at) => named[at] ?? []),
  );
  await writeFile(
    join(folder, 'pairs.json'),
    JSON.stringify(cocoOf(pairs.map((pair) => pair.map(({ label }) => label)))),
  );
  await writeGreys(
    folder,
    'pairs',
    pairs.map((pair) => pair.flatMap(({ greys }) => greys)),
  );
}

/** Images of 8×8 pixels a digit, side by side. */
function cocoOf(shown: readonly (readonly number[])[]): object {
  const images = shown.map((digits, index) => ({
    id: index + 1,
    file_name: `pair-${String(index).padStart(4, '0')}.png`,
    width: 8 * digits.length,
    height: 8,
  }));
  const annotations = shown.flatMap((digits, index) =>
    digits.map((digit, place) => ({
      id: index * digits.length + place + 1,
      image_id: index + 1,
      category_id: digit + 1,
      bbox: [8 * place, 0, 8, 8],
      area: 64,
      iscrowd: 0,
    })),
  );
  const categories = Array.from({ length: 10 }, (_, digit) => ({ id: digit + 1, name: `digit ${digit}` }));
  return { images, annotations, categories };
}

async function writeGreys(
  folder: string,
  set: string,
  images: readonly (readonly number[])[],
): Promise<void> {
  const data = Float32Array.from(images.flatMap((greys) => greys.map((grey) => grey / 16)));
  const shape = [images.length, data.length / images.length];
  await writeFile(join(folder, `${set}.npy`), writeNpy({ shape, data }));
}
