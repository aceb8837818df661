import { z } from 'zod';
import { DomainError } from './errors.ts';
import type { ResultItem, ReviewAnnotation } from './ports.ts';

const resultSchema = z.array(z.record(z.string(), z.unknown()));
const withResult = z.looseObject({ result: resultSchema, was_cancelled: z.boolean().nullish() });
const blobSchema = z.union([
  z.looseObject({ annotations: z.array(withResult).min(1) }),
  z.looseObject({ prediction: z.array(withResult).min(1) }),
  z.looseObject({ predictions: z.array(withResult).min(1) }),
]);

type Answer = Pick<ReviewAnnotation, 'result'> & Partial<ReviewAnnotation>;

/**
 * The bytes that stand in `annotation`: one Label Studio task, as DagsHub stores it. Of several annotations the last counts.
 *
 * @param input - `originals`: the answers that the annotation was made of; they stand before it.
 */
export function annotationBlob(input: {
  imageUrl: string;
  annotation: Answer;
  originals?: readonly Answer[] | undefined;
}): Uint8Array {
  return encode({
    data: { image: input.imageUrl },
    annotations: [...(input.originals ?? []), input.annotation].map(annotationJson),
  });
}

function annotationJson(annotation: Answer): unknown {
  return {
    ...(annotation.id !== undefined && { id: annotation.id }),
    result: annotation.result,
    completed_by: annotation.completedBy ?? null,
    was_cancelled: false,
    lead_time: annotation.leadTimeSeconds ?? null,
    ...(annotation.createdAt !== undefined && { created_at: annotation.createdAt }),
    ...(annotation.updatedAt !== undefined && { updated_at: annotation.updatedAt }),
  };
}

/** The bytes that stand in `prediction`: the recipe's shape. */
export function predictionBlob(input: {
  imageUrl: string;
  result: readonly ResultItem[];
  score: number;
  modelVersion: string;
}): Uint8Array {
  return encode({
    data: { image: input.imageUrl },
    prediction: [{ result: input.result, score: input.score, model_version: input.modelVersion }],
  });
}

/**
 * The result items of an `annotation` or `prediction` blob, in either of the recipe's shapes. Of several annotations the last that was
 * not skipped counts.
 *
 * @throws {@link DomainError} naming `what` when it is no such JSON. Never retried.
 */
export function resultOfBlob(bytes: Uint8Array, what: string): readonly ResultItem[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new DomainError(`${what} is no JSON; expected a Label Studio task.`);
  }
  const blob = blobSchema.safeParse(value);
  if (!blob.success)
    throw new DomainError(`${what} holds neither "annotations" nor "prediction" with a "result" list.`);
  const { annotations, prediction, predictions } = blob.data as Partial<
    Record<'annotations' | 'prediction' | 'predictions', z.output<typeof withResult>[]>
  >;
  const answer = annotations?.findLast(({ was_cancelled }) => was_cancelled !== true);
  return (annotations ? answer : (prediction ?? predictions)?.[0])?.result ?? [];
}

const author = z.looseObject({
  completed_by: z.union([z.number(), z.string(), z.looseObject({ id: z.number() })]).nullish(),
  updated_at: z.string().nullish(),
  created_at: z.string().nullish(),
});
const authorsSchema = z.looseObject({ annotations: z.array(author) });

/** `annotation_source` of an `annotation` blob that others wrote: `data-engine/<person>@<time>` of the last annotation, as far as it tells. */
export function sourceOfBlob(bytes: Uint8Array): string {
  const blob = authorsSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  const last = blob.data?.annotations.at(-1);
  const person = typeof last?.completed_by === 'object' ? last.completed_by?.id : last?.completed_by;
  return `data-engine/${person ?? ''}@${last?.updated_at ?? last?.created_at ?? ''}`;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
