import { z } from 'zod';
import type { ReviewAnnotation, ReviewedTask } from '../../core/ports.ts';

const annotationSchema = z
  .looseObject({
    id: z.number(),
    result: z.array(z.record(z.string(), z.unknown())),
    was_cancelled: z.boolean().nullish(),
    completed_by: z.union([z.number(), z.looseObject({ id: z.number() })]).nullish(),
    lead_time: z.number().nullish(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .transform((annotation): ReviewAnnotation => ({
    id: annotation.id,
    result: annotation.result,
    wasCancelled: annotation.was_cancelled === true,
    completedBy:
      typeof annotation.completed_by === 'object'
        ? (annotation.completed_by?.id ?? null)
        : (annotation.completed_by ?? null),
    leadTimeSeconds: annotation.lead_time ?? null,
    createdAt: annotation.created_at,
    updatedAt: annotation.updated_at,
  }));

/** A task with its annotations in full, as `fields=all` lists it. */
export const reviewedTaskSchema = z
  .looseObject({
    id: z.number(),
    data: z.looseObject({ image: z.string().default(''), al_key: z.string().optional() }),
    annotations: z.array(annotationSchema).default([]),
  })
  .transform(({ id, data, annotations }): ReviewedTask => ({
    key: data.al_key ?? '',
    imageUrl: data.image,
    taskId: id,
    annotations: annotations.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
  }));

/** A task as the look-up by key needs it. */
export const keyedTaskSchema = z.looseObject({
  id: z.number(),
  data: z.looseObject({ al_key: z.string().optional() }),
});

/** Which predictions a task has, by model version. */
export const predictedTaskSchema = keyedTaskSchema.extend({
  predictions: z.array(z.looseObject({ id: z.number(), model_version: z.string().nullish() })).default([]),
});

export function taskPageSchema<Task extends z.ZodType>(task: Task) {
  return z.looseObject({ total: z.number(), tasks: z.array(task) });
}
