import { openAnnotations } from '../../activities/open-annotations.ts';
import type { AnnotatedImage } from '../../core/formats/annotated-image.ts';
import { FormatReport } from '../../core/formats/format-report.ts';
import { boxOfShape } from '../../core/formats/shape-forms.ts';
import { modelDisagreement } from '../../core/scores/model-disagreement.ts';
import type { ScoredArray } from '../../core/scores/score-array.ts';
import { UsageError } from '../usage-error.ts';

/** How differently two models see each image: COCO files of the same images with what each finds, by file name. */
export async function disagreementOfFiles(one: string, other: string): Promise<ScoredArray> {
  const [mine, theirs] = await Promise.all([boxesOf(one), boxesOf(other)]);
  for (const [path, where] of [...missing(mine, theirs, other), ...missing(theirs, mine, one)])
    throw new UsageError(
      `${where} has no image "${path}"; name every image in both files, also those without objects.`,
    );
  const ids = [...mine.keys()];
  const data = Float64Array.from(ids, (id) => modelDisagreement(mine.get(id) ?? [], theirs.get(id) ?? []));
  return { array: { shape: [ids.length], data, columns: ['model-disagreement'], ids }, quarantined: [] };
}

type Boxes = ReturnType<typeof found>;

async function boxesOf(file: string): Promise<Map<string, Boxes>> {
  const boxes = new Map<string, Boxes>();
  const { images } = await openAnnotations('coco', file, () => undefined);
  for await (const image of images(new FormatReport())) boxes.set(image.path, found(image));
  if (boxes.size === 0) throw new UsageError(`${file} holds no image.`);
  return boxes;
}

function found({ objects }: AnnotatedImage) {
  return objects.map(({ label, shape }) => ({ label, boxPx: boxOfShape(shape) }));
}

function missing(
  of: ReadonlyMap<string, Boxes>,
  among: ReadonlyMap<string, Boxes>,
  file: string,
): [string, string][] {
  return [...of.keys()].flatMap((path): [string, string][] => (among.has(path) ? [] : [[path, file]]));
}
