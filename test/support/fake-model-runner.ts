import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection } from '../../core/detection.ts';
import { hashUnit } from '../../core/hash.ts';
import type { EncodedImage, KeptImage, LoadedModel, ModelRunner } from '../../core/ports.ts';

/**
 * Loads the folders of `FakeTrainer`. An image's probabilities come from its bytes; bytes that begin with `broken` cannot be decoded.
 */
export class FakeModelRunner implements ModelRunner {
  /** Images given to a model at once, at most. */
  mostImages = 0;
  classified: string[] = [];
  /** Pixels that models recall, by name. */
  readonly kept = new Map<string, Omit<KeptImage, 'id'>>();
  /** Awaited before a model answers. */
  beforeAnswer: (items: readonly (EncodedImage | KeptImage)[], signal?: AbortSignal) => Promise<void> = () =>
    Promise.resolve();
  /** What a model answers for an image; by default a place by the hash of its bytes. */
  probabilities: (text: string, classes: readonly string[]) => number[] = (text, classes) => {
    const first = 0.5 + hashUnit('probability', text) / 2;
    const rest = (1 - first) / (classes.length - 1);
    const winner = Math.floor(hashUnit('winner', text) * classes.length);
    return classes.map((_, index) => (index === winner ? first : rest));
  };

  /** What a model finds in an image; by default one box by the hash of its bytes. */
  detections: (text: string, classes: readonly string[]) => Detection[] = (text, classes) => {
    const classScores = this.probabilities(text, classes);
    const score = Math.max(...classScores);
    const label = classes[classScores.indexOf(score)] ?? '';
    return [{ label, score, classScores, boxPx: [Math.floor(hashUnit('left', text) * 60), 10, 40, 30] }];
  };

  /** Of an image by its bytes; none by default. */
  thumbnails: (text: string) => Uint8Array | null = () => null;

  async thumbnail(bytes: Uint8Array): Promise<Uint8Array | null> {
    return this.thumbnails(new TextDecoder().decode(bytes));
  }
  /** The feature vector of an image that one is asked of. */
  embedding: (text: string) => number[] = (text) =>
    [0, 1, 2].map((column) => 2 * hashUnit(`embedding ${column}`, text) - 1);

  async load(modelDir: string): Promise<LoadedModel> {
    const { classes } = JSON.parse(await readFile(join(modelDir, 'model.json'), 'utf8')) as {
      classes: string[];
    };
    return {
      classes,
      multiLabel: false,
      predictsLoss: false,
      embeddedBy: 'model',
      imagesAtOnce: 16,
      recall: (name) => this.kept.get(name) ?? null,
      room: (bytes) => new Uint8Array(bytes),
      classify: async (items, signal) => {
        signal?.throwIfAborted();
        await this.beforeAnswer(items, signal);
        this.mostImages = Math.max(this.mostImages, items.length);
        return items.map((image) => {
          const { id, embed = false } = image;
          const text = new TextDecoder().decode('pixels' in image ? image.pixels : image.bytes);
          this.classified.push(id);
          return text.startsWith('broken')
            ? { id, unreadable: 'no image' }
            : { id, probabilities: this.probabilities(text, classes), ...this.extras(text, embed) };
        });
      },
      detect: async (items, signal) => {
        signal?.throwIfAborted();
        await this.beforeAnswer(items, signal);
        this.mostImages = Math.max(this.mostImages, items.length);
        return items.map((image) => {
          const { id, embed = false } = image;
          const text = new TextDecoder().decode('pixels' in image ? image.pixels : image.bytes);
          this.classified.push(id);
          return text.startsWith('broken')
            ? { id, unreadable: 'no image' }
            : {
                id,
                widthPx: 100,
                heightPx: 80,
                detections: this.detections(text, classes),
                ...this.extras(text, embed),
              };
        });
      },
    };
  }

  private extras(text: string, embed: boolean) {
    return embed ? { embedding: Float32Array.from(this.embedding(text)) } : {};
  }
}
