import { loopSpecSchema } from '../core/loop-spec.ts';
import type { Truth } from '../core/truth.ts';
import { demoRepo } from './arms.ts';
import type { DemoSet } from './demo-set.ts';
import { sceneClasses, sceneTruth, writeScenes, type SceneTask } from './scenes.ts';

const sidePx = 96;
/** Of each training; a mask teaches where an object is, too. */
const params = { detection: { steps: 250 }, segmentation: { steps: 200, evalEverySteps: 25 } } as const;

/** Ways to choose: many unclear objects first, or at random. */
const arms = {
  entropy: { score: 'entropy', boxes: { aggregate: 'sum' }, empty: { share: 0 } },
  random: { strategy: 'random' },
} as const;

/**
 * Drawn scenes, two of five of them empty, any number of shapes an image: the highest sum of entropies against random.
 *
 * @param name - Of folder, datasource and loops.
 */
export function scenesSet(task: SceneTask, name: string): DemoSet {
  const rootUrl = `s3://${name}/images`;
  const scheme = { task, classes: [...sceneClasses] };
  return {
    title: 'drawn scenes',
    name,
    rootUrl,
    scheme,
    arms: ({ seed, cycles }) =>
      (['entropy', 'random'] as const).map((arm) => ({
        name: arm,
        spec: loopSpecSchema.parse({
          loop: `${name}-${arm}`,
          repo: demoRepo,
          datasource: { path: rootUrl },
          ...scheme,
          seed,
          splits: { train: 0.68, valid: 0.08, test: 0.24 },
          holdOut: { images: 96 },
          validation: { images: 24 },
          training: {
            input: { width: sidePx, height: sidePx, channels: 3 },
            maxSeconds: 600,
            params: params[task],
          },
          inference: { shardImages: 150 },
          selection: { ...arms[arm], maxImages: 16, randomShare: 0, firstImages: 16 },
          review: { pollSeconds: 20, minReadSeconds: 1 },
          stop: { cycles },
        }),
      })),
    write: async (target, { seed }) => {
      const { truth } = await writeScenes(target, { count: 400, seed, sidePx, emptyShare: 0.4 });
      return new Map(
        [...truth].map(([file, shapes]): [string, Truth] => [file, sceneTruth(shapes, task, sidePx)]),
      );
    },
  };
}
