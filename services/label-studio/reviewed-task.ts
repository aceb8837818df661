import { z } from 'zod';
import type { ReviewAnnotation, ReviewedTask } from '../../core/ports.ts';

const annotationSchema = z
  .looseObject({
    id: z.number(),
    result: z.array(z.record(z.string(), z.unknown())).nullish(),
    was_cancelled: z.boolean().nullish(),
    completed_by: z.union([z.number(), z.looseObject({ id: z.number() })]).nullish(),
    lead_time: z.number().nullish(),
    parent_prediction: z.number().nullish(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .transform(({ completed_by: person, ...annotation }) => ({
    parentPrediction: annotation.parent_prediction ?? null,
    id: annotation.id,
    result: annotation.result ?? [],
    wasCancelled: annotation.was_cancelled === true,
    completedBy: typeof person === 'object' ? (person?.id ?? null) : (person ?? null),
    leadTimeSeconds: annotation.lead_time ?? null,
    createdAt: annotation.created_at,
    updatedAt: annotation.updated_at,
  }));

const predictionSchema = z
  .looseObject({
    id: z.number(),
    model_version: z.string().nullish(),
    result: z.array(z.record(z.string(), z.unknown())).nullish(),
  })
  .transform(({ id, model_version: modelVersion, result }) => ({
    id,
    startedFrom: { modelVersion: modelVersion ?? '', result: result ?? [] },
  }));

/** What the schema reads, for `include`, which goes for tasks and their annotations alike. */
export const reviewedTaskFields =
  'id,data,overlap,is_labeled,annotations,result,was_cancelled,completed_by,lead_time,created_at,updated_at,parent_prediction,predictions,model_version';

/** A task with its annotations in full, as `fields=all` lists it. The key is empty where somebody added the task by hand. */
export const reviewedTaskSchema = z
  .looseObject({
    id: z.number(),
    data: z.looseObject({
      image: z.string().default(''),
      al_key: z.string().default(''),
      al_cycle: z.string().optional(),
    }),
    overlap: z.number().default(1),
    is_labeled: z.boolean().default(false),
    annotations: z.array(annotationSchema).default([]),
    predictions: z.array(predictionSchema).default([]),
  })
  .transform(({ id, data, overlap, is_labeled: isClosed, annotations, predictions }): ReviewedTask => ({
    key: data.al_key,
    imageUrl: data.image,
    taskId: id,
    people: overlap,
    isClosed,
    ...(data.al_cycle !== undefined && { cycle: Number(data.al_cycle) }),
    predictions: predictions.length,
    annotations: annotations
      .map(({ parentPrediction, ...annotation }): ReviewAnnotation => ({
        ...annotation,
        startedFrom: predictions.find((one) => one.id === parentPrediction)?.startedFrom ?? null,
      }))
      .sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.id - b.id),
  }));
