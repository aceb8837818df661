import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { DomainError } from '../errors.ts';

export interface YoloDataset {
  /** The root that the splits are relative to; absent: where the file lies. */
  readonly path?: string;
  /** Folders of images, or files that list them. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
  /** By class number. */
  readonly names: readonly string[];
}

const folders = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? [value] : value));
const schema = z.looseObject({
  path: z.string().optional(),
  train: folders.nullish(),
  val: folders.nullish(),
  test: folders.nullish(),
  names: z.union([z.array(z.string()), z.record(z.string().regex(/^\d+$/), z.string())]),
});

/**
 * Reads the dataset file of Ultralytics: `path`, `train`, `val`, `test`, and `names` as a list or a map from 0 on.
 *
 * @param file - Names the file in messages.
 * @throws {@link DomainError} naming file and key. Never retried.
 * @see https://docs.ultralytics.com/datasets/detect/#ultralytics-yolo-format
 */
export function readYoloDataset(text: string, file: string): YoloDataset {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new DomainError(`${file} is no YAML: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new DomainError(
      `${file} is no YOLO dataset: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const { path, train, val, test, names } = parsed.data;
  const splits = Object.entries({ train, val, test }).flatMap(([split, value]) =>
    value ? [[split, value]] : [],
  );
  return {
    ...(path !== undefined && { path }),
    splits: Object.fromEntries(splits) as YoloDataset['splits'],
    names: Array.isArray(names) ? names : namesOfMap(names, file),
  };
}

function namesOfMap(names: Readonly<Record<string, string>>, file: string): string[] {
  const numbers = Object.keys(names).map(Number);
  const list = numbers.sort((one, other) => one - other).map((number) => names[String(number)] ?? '');
  const gap = numbers.findIndex((number, index) => number !== index);
  if (gap >= 0)
    throw new DomainError(`${file}: names: the class ${gap} is missing; they count from 0 without gaps.`);
  return list;
}

/** The other way. */
export function writeYoloDataset({ path, splits, names }: YoloDataset): string {
  const lists = Object.fromEntries(
    Object.entries(splits).map(([split, value]) => [split, value.length === 1 ? value[0] : value]),
  );
  return stringify({
    ...(path !== undefined && { path }),
    ...lists,
    names: new Map(names.map((name, index) => [index, name])),
  });
}
