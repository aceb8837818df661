import { z } from 'zod';
import type { LabelScheme } from './answers/answers.ts';
import { fileInMlflow } from './file-in-mlflow.ts';
import { modelTasks, type ModelTask } from './model-task.ts';
import { boxAggregates, defaultAggregate, defaultBoxRule } from './scores/box-aggregates.ts';
import { boxScoreNames } from './scores/box-scores.ts';
import { costMatrix, highestCost } from './scores/cost-sensitive.ts';
import { boxScoreOf, type ScoreRule } from './scores/image-informativeness.ts';
import { maskTermNames } from './scores/mask-terms.ts';
import { loopScoreNames, scores, type LoopScoreName } from './scores/score-names.ts';
import type { BatchRule } from './selection/batch-rule.ts';
import { strategyNames, type StrategyName } from './selection/strategy-names.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().min(1);
const hours = z.number().positive();

const dayOrTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/;

/** When a loop ends. The keys of the first group ask whether the model is done, those of the second are budgets. */
export const stopSchema = z.strictObject({
  /** Whether one of the first group is enough, or all that are given must hold. Default: any. A budget ends the loop in either case. */
  when: z.enum(['any', 'all']).optional(),
  /** Macro recall, or for objects mAP@.5, on the hold-out: the lower end of its interval must reach it. */
  metric: share.optional(),
  /** With 95 % confidence the last `cycles` cycles gained less than `gain` of the metric. */
  plateau: z
    .strictObject({ cycles: count.default(3), gain: z.number().positive().max(1).default(0.01) })
    .optional(),
  /** Cohen's κ between the answers of each model and the one before to the stop set, in the mean over `cycles`. */
  agreement: z.strictObject({ kappa: share.default(0.99), cycles: count.default(3) }).optional(),
  /** Mean entropy of the model's answers to the stop set, 0..1, or less. */
  entropy: share.optional(),
  /** Images of the stop set: a random part of the valid split, which selection never touches. Default: 500. */
  images: count.optional(),

  /** Batches to select at most. */
  cycles: count.default(10),
  /** Training labels to buy at most. */
  labels: count.optional(),
  /** Since the loop started. A review that is open then is closed, and a last model is measured. */
  hours: hours.optional(),
  /** As `hours`, by the calendar: a day, which ends the loop as it begins (UTC), or a time with its zone. */
  date: z
    .string()
    .refine(
      (text) => dayOrTime.test(text) && !Number.isNaN(Date.parse(text)),
      'is no day such as 2026-12-24, nor a time with its zone such as 2026-12-24T18:00Z',
    )
    .optional(),
  /** Instead of ending, the loop pauses; `labelloop resume` goes on for a cycle. Default: false. */
  ask: z.boolean().optional(),
});

/**
 * What a person writes in `loop.yaml`. Every key has a meaning, a unit and a default; unknown keys are refused.
 * It is the workflow's input, so it holds no secret and no address of a server.
 */
const loopSpecShape = z.strictObject({
  /** Name of the loop, its Label Studio projects and its MLflow experiment. Label Studio's titles end at 50 characters. */
  loop: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$/, 'is 3 to 30 lower-case letters, digits and dashes'),
  /** DagsHub repository, `owner/name`. */
  repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is owner/name'),
  datasource: z.strictObject({
    /** Default: the loop's name. One loop owns a datasource. */
    name: z.string().min(1).optional(),
    /** `s3://bucket/prefix`, `gs://…`, `azure://…` or `repo://owner/name/revision:prefix`. */
    path: z.string().regex(/^(s3|gs|azure|repo):\/\/.+/, 'starts with s3://, gs://, azure:// or repo://'),
  }),
  /** What the model learns: one class an image, boxes, or outlines. */
  task: z.enum(modelTasks),
  /** Class names, in the model's order. */
  classes: z
    .array(z.string().min(1).max(200))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a class twice'),
  /** Chooses splits, batches and training order. */
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
  splits: z
    .strictObject({
      train: z.number().positive(),
      valid: z.number().positive(),
      test: z.number().positive(),
      /** Default: each image by itself. Else what is kept together, or spread evenly. */
      by: z
        .union([
          /** Images for which the regular expression's first group captures the same text of the path share a split. */
          z.strictObject({
            path: z
              .string()
              .refine(hasGroup, 'is no regular expression with a group in parentheses, such as ^([^/]+)/'),
          }),
          /** Images with the same value of a metadata field share a split. */
          z.strictObject({ field: z.string().min(1) }),
          /** Each value of a metadata field gets the ratios almost exactly. */
          z.strictObject({ stratify: z.string().min(1) }),
        ])
        .optional(),
    })
    .default({ train: 0.6, valid: 0.3, test: 0.1 }),
  /** Images of the test split whose labels measure the model; never selectable. */
  holdOut: z
    .strictObject({
      /** How many. Not with `error`. */
      images: count.optional(),
      /** What a measured share may be off by at 95 %, which decides how many: 0.05 is 385 of many images. Default: 0.05. */
      error: z.number().min(0.005).max(0.5).optional(),
      /** A metadata field whose values are drawn from in proportion. */
      stratify: z.string().min(1).optional(),
    })
    .refine(
      ({ images, error }) => images === undefined || error === undefined,
      'names images and error; give one',
    )
    .prefault({}),
  /** Images of the valid split whose labels stop training early. */
  validation: z.strictObject({ images: count.default(100) }).prefault({}),
  /** Annotations that exist already: files on the worker's disk. */
  importAnnotations: z
    .array(
      z.strictObject({
        /** COCO and YOLO hold objects, csv one class an image, Label Studio either. */
        format: z.enum(['label-studio', 'csv', 'coco', 'yolo']),
        /** For YOLO the dataset's YAML file, beside its images. */
        file: z.string().min(1),
        /** Folder of the datasource that the file's paths start from. Default: its root. */
        folder: z
          .string()
          .regex(/^[^/](.*[^/])?$/, 'is a folder without a slash at its ends')
          .optional(),
      }),
    )
    .default([]),
  training: z
    .strictObject({
      /** `built-in`, or the command of a trainer that speaks al-train/1, as a list of words. */
      trainer: z.union([z.literal('built-in'), z.array(z.string().min(1)).min(1)]).default('built-in'),
      /** Task queue suffix of the machine that trains. */
      queue: z.enum(['train', 'train-gpu']).default('train'),
      input: z
        .strictObject({ width: count, height: count, channels: z.union([z.literal(1), z.literal(3)]) })
        .default({ width: 32, height: 32, channels: 3 }),
      maxSeconds: count.default(3600),
      /** Start from the last cycle's model. Default: for detection and segmentation, not for classification. */
      warmStart: z.boolean().optional(),
      /** A frozen network on whose embeddings the built-in trainer learns a softmax, instead of a CNN from scratch. */
      backbone: z
        .strictObject({
          /** ONNX file: a path on the workers that train, `runs:/RUN/path`, `models:/NAME/VERSION` or `models:/NAME@ALIAS` of MLflow. */
          onnx: z
            .string()
            .refine(
              isBackboneName,
              'is no backbone: a file or runs:/RUN/path ends in .onnx; a model is models:/NAME/VERSION or models:/NAME@ALIAS',
            ),
          /** With more training labels a CNN learns. Default: no limit, but for images below 64 px 40 a class. */
          maxLabels: count.optional(),
        })
        .optional(),
      /** Handed to the trainer as they are. */
      params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    })
    .prefault({}),
  inference: z.strictObject({ shardImages: count.max(50_000).default(1000) }).prefault({}),
  selection: z
    .strictObject({
      /** How much a person's answer would tell, by the model's. Of objects it is that of their boxes. */
      score: z.enum(loopScoreNames).default('margin'),
      /** What a wrong answer costs, by class: the right one first, then the answer. Without a mention it costs 1. For `least-cost` and `cost-margin`. */
      costs: z.record(z.string(), z.record(z.string(), z.number().min(0))).optional(),
      /** From the boxes of an image to its score. */
      boxes: z
        .strictObject({
          /** Default: `selection.score`. */
          score: z.enum(boxScoreNames).optional(),
          /** Default: `top`; `sum` for `difficulty` and `near-threshold`. */
          aggregate: z.enum(boxAggregates).optional(),
          /** Boxes that the aggregate `top` counts. */
          k: count.default(defaultBoxRule.k),
          /** What boxes are `near-threshold`. Default: those within 0.1 of 0.5. */
          near: z.strictObject({ threshold: share.default(0.5), within: share.default(0.1) }).optional(),
          /** Of models that segment: how unclear the pixels are, by which a box's score is multiplied. Default: they do not count. */
          mask: z.enum(maskTermNames).optional(),
        })
        .prefault({}),
      /** Images in which a model that looks for objects finds none: no score can rank them, so a part of each batch is theirs. */
      empty: z
        .strictObject({ share: share.default(0.1), order: z.enum(['random']).default('random') })
        .prefault({}),
      /** How a batch is chosen; see docs/selection.md. Default: {@link strategyOf}. */
      strategy: z.enum(strategyNames).optional(),
      /** Of the strategies, by their names in docs/selection.md. */
      options: z
        .strictObject({
          beta: z.number().min(1),
          alpha: share,
          neighbours: count,
          radius: z.number().positive().max(2),
          purity: share,
          strengths: z.strictObject({ score: z.number().min(0), distance: z.number().min(0) }),
        })
        .partial()
        .optional(),
      /** Cosine from which on an image is as good as the same as a labelled or chosen one, and not asked. Default: none is. */
      nearDuplicates: share.optional(),
      /** Weights of the classes among the labels, by likeliest class; a class that is not named weighs 1. Default: no quotas. */
      quotas: z.record(z.string(), z.number().positive()).optional(),
      /** Images that are never asked, not at random either: by path, or by the value of a metadata field. */
      exclude: z
        .array(
          z.union([
            z.strictObject({ path: z.string().refine(isPattern, 'is no regular expression') }),
            z.strictObject({
              field: z.string().min(1),
              is: z.union([z.string(), z.number(), z.boolean()]),
            }),
          ]),
        )
        .optional(),
      /** Images a cycle. */
      maxImages: count.default(100),
      /** Images with a higher pred_score are not asked. */
      maxScore: share.default(1),
      /** Part of each batch drawn at random from the pool: the live random arm. */
      randomShare: share.default(0.05),
      /**
       * Whether a batch may ask labelled images of another person, where ActiveLab says that this tells more than a new image; see docs/people.md.
       * Default: false.
       */
      secondOpinions: z.boolean().optional(),
      /** Images asked before there is a model. */
      firstImages: count.default(100),
    })
    .prefault({}),
  review: z
    .strictObject({
      /** A Label Studio labelling config (XML). Default: one made from the classes. */
      labelConfig: z.string().min(1).optional(),
      /** Title of a Label Studio project whose labelling config the loop copies when it starts. */
      copyFrom: z.string().trim().min(1).max(50).optional(),
      /** A Label Studio project for each review of each cycle, or one for the whole loop. Default: cycle. */
      projects: z.enum(['cycle', 'loop']).optional(),
      /** Share of a batch that must be answered before the loop goes on. */
      doneShare: share.default(1),
      /** Tasks of a batch whose answers are enough, where that is less than `doneShare` of them. Default: no such number. */
      doneTasks: count.optional(),
      /** Hours after which the loop goes on with what is answered. Default: it waits. */
      deadlineHours: hours.optional(),
      /** Hours without a new answer after which people are reminded, again and again. Default: they are not. */
      remindAfterHours: hours.optional(),
      /** What becomes of the tasks that nobody answered then: `keep` collects late answers, `withdraw` gives them back to the pool. Default: keep. */
      rest: z.enum(['keep', 'withdraw']).optional(),
      /** What becomes of skipped images: `leave` asks no more, `ask-again` asks once more in the next batch, then never. Default: leave. */
      skipped: z.enum(['leave', 'ask-again']).optional(),
      /** Seconds between looks at Label Studio when no webhook comes. */
      pollSeconds: z.number().min(1).default(60),
      /** Seconds between two looks at least, however many webhooks come. */
      minReadSeconds: z.number().min(0).default(5),
      /** Part of the tasks that several people answer, and what follows where they differ; see docs/people.md. Default: one person answers each. */
      overlap: z
        .strictObject({
          share,
          /** Different people who answer such a task. */
          annotators: z.number().int().min(2).max(20).default(2),
          /** How many more are asked, one after the other, where the answers differ. */
          further: z.number().int().min(0).max(20).default(1),
          /** Answers differ below this agreement. Of classes it is 0 or 1. */
          agreement: z.number().positive().max(1).default(0.7),
        })
        .optional(),
      /** E-mail address of the person in Label Studio who decides where the answers still differ. Default: the majority, or what most drew. */
      adjudicator: z.email('is no e-mail address').optional(),
      /** Part of each batch, 0..1, that people answer without seeing the model's prediction, to hold the others against. Default: none. */
      blindShare: share.optional(),
      /** What an hour of annotating costs, for costs in MLflow and in the status. Default: they are not counted. */
      cost: z
        .strictObject({ perHour: z.number().positive(), currency: z.string().min(1).max(10).default('EUR') })
        .optional(),
    })
    .prefault({}),
  stop: stopSchema.prefault({}),
});

/** See {@link loopSpecShape}. */
export const loopSpecSchema = loopSpecShape.superRefine((spec, context) => {
  const { task, classes, importAnnotations, training, selection, review } = spec;
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  if (task === 'classification' && classes.length < 2)
    refuse(['classes'], 'names one class; a classification needs two');
  for (const [index, { format }] of importAnnotations.entries())
    if (format !== 'label-studio' && (format === 'csv') !== (task === 'classification'))
      refuse(
        ['importAnnotations', index, 'format'],
        `is ${format}, which holds ${format === 'csv' ? 'one class an image' : 'objects'}; the task is ${task}`,
      );
  const { width, height } = training.input;
  if (training.trainer === 'built-in' && task === 'segmentation' && (width % 8 !== 0 || height % 8 !== 0))
    refuse(
      ['training', 'input'],
      `is ${width}x${height}; built-in mixes masks for sides that are multiples of 8`,
    );
  if (review.labelConfig !== undefined && review.copyFrom !== undefined)
    refuse(['review', 'copyFrom'], 'names a project to copy, and labelConfig is given too; give one of them');
  if (review.projects === 'loop' && review.skipped === 'ask-again')
    refuse(
      ['review', 'skipped'],
      'is ask-again, which puts an image into the next project; with projects: loop there is one, where its task lies skipped already',
    );
  if (review.adjudicator !== undefined && review.overlap === undefined)
    refuse(['review', 'adjudicator'], 'decides where several people answer: give overlap, too');
  for (const [path, message] of secondOpinionFaults(spec)) refuse([...path], message);
  if (training.backbone && (training.trainer !== 'built-in' || task !== 'classification'))
    refuse(
      ['training', 'backbone'],
      'is for the built-in trainer and for classification; a trainer of your own takes its backbone by training.params',
    );
  if (!canScore(task, selection.score))
    refuse(
      ['selection', 'score'],
      'is of classes alone; objects are scored by margin, least-confidence, entropy or predicted-loss',
    );
  for (const [name, message] of selectionFaults(spec)) refuse(['selection', ...name], message);
  if (!canSelect(task, selection.strategy))
    refuse(['selection', 'strategy'], `is of classes alone; the task is ${task}`);
  if (selection.quotas && task !== 'classification')
    refuse(['selection', 'quotas'], `is of the class of an image; the task is ${task}`);
  for (const name of Object.keys(selection.quotas ?? {}))
    if (!classes.includes(name)) refuse(['selection', 'quotas', name], 'is none of the classes');
});

export type LoopSpec = z.output<typeof loopSpecSchema>;

/** What does not go together in how answers are scored: where, and why. */
function selectionFaults({
  task,
  classes,
  selection: { score, costs, boxes },
}: z.output<typeof loopSpecShape>): [string[], string][] {
  const faults: [string[], string][] = [];
  const needsCosts = scores[score].needs === 'costs';
  if (needsCosts && !costs) faults.push([['costs'], `is missing; ${score} goes by what wrong answers cost`]);
  for (const [actual, row] of Object.entries(costs ?? {})) {
    if (!classes.includes(actual)) faults.push([['costs', actual], 'is none of the classes']);
    for (const [answered, cost] of Object.entries(row))
      if (!classes.includes(answered)) faults.push([['costs', actual, answered], 'is none of the classes']);
      else if (answered === actual && cost !== 0)
        faults.push([['costs', actual, answered], `is ${cost}; a right answer costs 0`]);
  }
  if (costs && highestCost(costMatrix(costs, classes)) === 0)
    faults.push([['costs'], 'lets every answer cost 0']);
  if (boxes.mask !== undefined && task !== 'segmentation')
    faults.push([['boxes', 'mask'], `is of masks; the task is ${task}`]);
  return faults;
}

/** What selection cannot go by where ActiveLab decides. */
const notBesideActiveLab = ['options', 'nearDuplicates', 'quotas'] as const;

/** What does not go together with second opinions: where, and why. */
function secondOpinionFaults({ task, selection, review }: z.output<typeof loopSpecShape>) {
  const faults: [readonly string[], string][] = [];
  if (!selection.secondOpinions) return faults;
  const path = ['selection', 'secondOpinions'] as const;
  if (task !== 'classification') faults.push([path, `is of classes alone; the task is ${task}`]);
  if (review.projects !== 'loop')
    faults.push([
      path,
      'asks the task of an earlier cycle again, which people must find beside the new ones: give review.projects: loop, too',
    ]);
  if (review.overlap !== undefined)
    faults.push([
      ['review', 'overlap'],
      'says who is asked twice, which selection.secondOpinions does; give one',
    ]);
  if (selection.strategy !== undefined && selection.strategy !== 'top-k')
    faults.push([['selection', 'strategy'], besideActiveLab(selection.strategy)]);
  if (selection.maxScore < 1) faults.push([['selection', 'maxScore'], besideActiveLab(selection.maxScore)]);
  for (const name of notBesideActiveLab)
    if (selection[name] !== undefined) faults.push([['selection', name], besideActiveLab('given')]);
  return faults;
}

function besideActiveLab(value: string | number): string {
  return `is ${value}, but with secondOpinions the highest by ActiveLab are asked, whatever else; leave it out`;
}

/** What the loop asks people. */
export function labelScheme({ task, classes, review: { labelConfig } }: LoopSpec): LabelScheme {
  return { task, classes, ...(labelConfig !== undefined && { labelConfig }) };
}

/** Whether the answers of a task's models can have the score. */
export function canScore(task: ModelTask, score: LoopScoreName): boolean {
  return task === 'classification' || boxScoreOf(score) !== null || scores[score].needs === 'predictedLoss';
}

/** Whether a strategy can choose among the answers of a task's models. */
export function canSelect(task: ModelTask, strategy: StrategyName | undefined): boolean {
  return task === 'classification' || strategy !== 'badge';
}

/**
 * The strategy that is named, else two-stage of classifications, and top-k of objects and of ActiveLab's scores: a detector without an output of its own
 * has vectors of the pixels, and what these buy it is not measured.
 */
export function strategyOf({ task, selection }: Pick<LoopSpec, 'task' | 'selection'>): StrategyName {
  const { strategy, secondOpinions = false } = selection;
  return strategy ?? (task === 'classification' && !secondOpinions ? 'two-stage' : 'top-k');
}

/** How the loop chooses a batch of so many images. */
export function batchRule(spec: Pick<LoopSpec, 'task' | 'selection'>, maxImages: number): BatchRule {
  const { selection } = spec;
  const { maxScore, randomShare, empty, options, nearDuplicates, quotas, exclude, secondOpinions } =
    selection;
  return {
    strategy: strategyOf(spec),
    maxImages,
    maxScore,
    randomShare,
    emptyShare: empty.share,
    ...(options && { options }),
    ...(nearDuplicates !== undefined && { nearDuplicates }),
    ...(quotas && { quotas }),
    ...(exclude && { exclude }),
    ...(secondOpinions && { secondOpinions }),
  };
}

/** How the loop scores what its models answer. */
export function scoreRule({ selection: { score, boxes } }: LoopSpec): ScoreRule {
  const boxScore = boxes.score ?? boxScoreOf(score) ?? defaultBoxRule.score;
  const aggregate = boxes.aggregate ?? defaultAggregate(boxScore);
  return { score, boxes: { ...boxes, score: boxScore, aggregate } };
}

/**
 * Whether a training starts from the last cycle's model: finding objects takes long to learn, while a small classifier learns anew in
 * seconds and is freer of what it learnt from fewer labels.
 */
export function startsWarm({ task, training }: Pick<LoopSpec, 'task' | 'training'>): boolean {
  return training.warmStart ?? task !== 'classification';
}

/** The name of the datasource a loop owns. */
export function datasourceName(spec: LoopSpec): string {
  return spec.datasource.name ?? spec.loop;
}

/** The workflow id of a loop: one loop a repository and name. */
export function loopWorkflowId(spec: Pick<LoopSpec, 'repo' | 'loop'>): string {
  return `labelloop.${spec.repo.replace('/', '.')}.${spec.loop}`;
}

function isBackboneName(onnx: string): boolean {
  const place = fileInMlflow(onnx);
  return place && 'name' in place ? true : /.\.onnx$/.test(onnx);
}

function isPattern(pattern: string): boolean {
  try {
    return Boolean(new RegExp(pattern));
  } catch {
    return false;
  }
}

/** Whether it is a regular expression that captures something. */
function hasGroup(pattern: string): boolean {
  try {
    return (new RegExp(`${pattern}|`).exec('')?.length ?? 0) > 1;
  } catch {
    return false;
  }
}
