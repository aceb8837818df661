import { z } from 'zod';
import { modelTasks } from '../model-task.ts';
import { strategyNames } from './strategy-names.ts';

const share = z.number().min(0).max(1);
const nearestSchema = z.object({ path: z.string(), cosine: z.number() }).nullable();

const rowSchema = z.object({
  path: z.string(),
  /** `pred_score`, 0..1, lowest is asked first; null where it has none. */
  predScore: z.number().nullable(),
  /** Likeliest class by the model, where its probabilities were looked at. */
  class: z.string().nullable(),
  /** The most alike of what was labelled or chosen before it; null where no vectors were compared. */
  nearest: nearestSchema,
  /** ActiveLab, 0..1, highest is asked first; where it decides. */
  activeLab: share.optional(),
});

const chosenSchema = rowSchema.extend({
  rank: z.number().int().min(0),
  purpose: z.enum(['score', 'empty', 'random', 'second-opinion']),
  /** Path of the first that looks like it; absent where no vectors were compared. */
  cluster: z.string().optional(),
});

const passedOverSchema = rowSchema.extend({ why: z.enum(['full', 'near-duplicate']) });

/** What became of a pool: pure, by the inputs that a {@link SelectionRecord} names. */
export const batchChoiceSchema = z.object({
  /** Carried out; another than the rule's while it is too early for scores. */
  strategy: z.enum(strategyNames),
  coldStart: z.boolean(),
  /** Scored images there were to choose from. */
  pool: z.number().int(),
  /** Images that the batch kept away from: labelled, or asked already. Null where no vectors were compared. */
  centres: z.number().int().nullable(),
  /** Annotated among them. */
  labelled: z.number().int().nullable(),
  /** `model` for the model's own output, else the rule that makes vectors of pixels. */
  embedding: z.object({ by: z.string(), columns: z.number().int() }).nullable(),
  /** By rank. */
  chosen: z.array(chosenSchema),
  /** The first that came up and were not chosen, of either kind. */
  passedOver: z.array(passedOverSchema),
  /** Images that no strategy may rank; the first by name. */
  quarantined: z.object({
    count: z.number().int(),
    first: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
});

const ruleSchema = z.object({
  strategy: z.enum(strategyNames),
  maxImages: z.number().int().min(0),
  maxScore: share,
  randomShare: share,
  emptyShare: share.optional(),
  options: z
    .object({
      beta: z.number(),
      alpha: z.number(),
      strengths: z.object({ score: z.number(), distance: z.number() }),
      neighbours: z.number(),
      radius: z.number(),
      purity: z.number(),
    })
    .partial()
    .optional(),
  nearDuplicates: share.optional(),
  quotas: z.record(z.string(), z.number()).optional(),
  exclude: z
    .array(
      z.union([
        z.object({ path: z.string() }),
        z.object({ field: z.string(), is: z.union([z.string(), z.number(), z.boolean()]) }),
      ]),
    )
    .optional(),
  secondOpinions: z.literal(true).optional(),
});

/** `selection.json` of a cycle's MLflow run: how its batch came about, and all that is needed to choose it again. */
export const selectionRecordSchema = batchChoiceSchema.extend({
  version: z.literal(1),
  datasourceId: z.string(),
  cycle: z.number().int(),
  /** MLflow run whose model scored the pool. */
  runId: z.string(),
  /** Seconds since 1970: the Data Engine as of this second is what was looked at. */
  asOf: z.number().int(),
  seed: z.number().int(),
  rule: ruleSchema,
  /** Where feature vectors were compared. */
  scheme: z
    .object({
      task: z.enum(modelTasks),
      classes: z.array(z.string()),
      /** Where people's answers were read. */
      labelConfig: z.string().optional(),
    })
    .optional(),
});

export type BatchChoice = z.output<typeof batchChoiceSchema>;
export type SelectionRecord = z.output<typeof selectionRecordSchema>;
export type RecordedRow = BatchChoice['chosen'][number];

/** Where in the cycle's run the record stands. */
export const selectionRecordPath = 'selection.json';
