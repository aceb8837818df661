import { loopSpecSchema } from '../core/loop-spec.ts';
import type { Truth } from '../core/truth.ts';
import { demoRepo } from './arms.ts';
import type { DemoSet } from './demo-set.ts';
import { sceneClasses, writeScenes } from './scenes.ts';

const rootUrl = 's3://scenes/images';
const sidePx = 96;
const scheme = { task: 'detection', classes: [...sceneClasses] } as const;
const size = { width: sidePx, height: sidePx };

/** Ways to choose: many unclear boxes first, or at random. */
const arms = {
  entropy: { score: 'entropy', boxes: { aggregate: 'sum' }, empty: { share: 0 } },
  random: { strategy: 'random' },
} as const;

/** Drawn scenes, two of five of them empty, any number of boxes an image: the highest sum of entropies against random. */
export const scenesSet: DemoSet = {
  title: 'drawn scenes',
  name: 'scenes',
  rootUrl,
  scheme,
  arms: ({ seed, cycles }) =>
    (['entropy', 'random'] as const).map((name) => ({
      name,
      spec: loopSpecSchema.parse({
        loop: `scenes-${name}`,
        repo: demoRepo,
        datasource: { path: rootUrl },
        ...scheme,
        seed,
        splits: { train: 0.68, valid: 0.08, test: 0.24 },
        holdOut: { images: 96 },
        validation: { images: 24 },
        training: { input: { ...size, channels: 3 }, maxSeconds: 600, params: { steps: 250 } },
        inference: { shardImages: 150 },
        selection: { ...arms[name], maxImages: 16, randomShare: 0, firstImages: 16 },
        review: { pollSeconds: 20, minReadSeconds: 1 },
        stop: { cycles },
      }),
    })),
  write: async (target, { seed }) => {
    const { truth } = await writeScenes(target, { count: 400, seed, sidePx, emptyShare: 0.4 });
    return new Map(
      [...truth].map(([name, boxes]): [string, Truth] => [name, { objects: boxes.map(box), sizePx: size }]),
    );
  },
};

function box({ label, boxPx }: { label: string; boxPx: readonly [number, number, number, number] }) {
  return { label, shape: { kind: 'box' as const, boxPx } };
}
