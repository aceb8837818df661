import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks } from './list-tasks.ts';

/** A task as Label Studio has it, with what tells doubles and lost predictions. */
export interface StoredTask {
  readonly id: number;
  readonly key: string;
  /** As it was sent. */
  readonly data: { readonly al_cycle?: string | undefined };
  readonly isAnnotated: boolean;
  /** Somebody answered, skipped or began it. */
  readonly isTouched: boolean;
  readonly people: number;
  readonly predictions: readonly { readonly id: number; readonly modelVersion: string }[];
}

const storedTaskSchema = z
  .looseObject({
    id: z.number(),
    data: z.looseObject({ al_key: z.string().optional(), al_cycle: z.string().optional() }),
    overlap: z.number().default(1),
    annotations: z.array(z.unknown()).default([]),
    drafts: z.array(z.unknown()).nullish(),
    predictions: z.array(z.looseObject({ id: z.number(), model_version: z.string().nullish() })).default([]),
  })
  .transform(({ id, data, overlap, annotations, drafts, predictions }): StoredTask => ({
    id,
    key: data.al_key ?? '',
    data,
    isAnnotated: annotations.length > 0,
    isTouched: annotations.length > 0 || (drafts ?? []).length > 0,
    people: overlap,
    predictions: predictions.map((one) => ({ id: one.id, modelVersion: one.model_version ?? '' })),
  }));

/** The filter travels in the URL: 500 keys at most, and within the 8 KB that proxies usually take. */
const keysPerLookup = 500;
const roomForKeys = 6_500;

/** The tasks of these keys, the lowest id first; a key without task is absent. */
export async function findStoredTasks(
  http: LabelStudioHttp,
  projectId: number,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, StoredTask[]>> {
  const found = new Map<string, StoredTask[]>();
  for (const part of lookups(keys)) {
    const pages = listTasks(
      http,
      {
        projectId,
        fields: 'all',
        include: 'id,data,overlap,predictions,model_version,annotations,drafts',
        filters: [{ filter: 'filter:tasks:data.al_key', operator: 'in_list', type: 'String', value: part }],
      },
      storedTaskSchema,
      signal,
    );
    for await (const page of pages)
      for (const task of page) found.set(task.key, [...(found.get(task.key) ?? []), task]);
  }
  return found;
}

function* lookups(keys: readonly string[]): Generator<string[]> {
  let part: string[] = [];
  let length = 0;
  for (const key of keys) {
    const cost = encodeURIComponent(`${JSON.stringify(key)},`).length;
    if (part.length >= keysPerLookup || (part.length > 0 && length + cost > roomForKeys)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(key);
    length += cost;
  }
  if (part.length > 0) yield part;
}
