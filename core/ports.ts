/**
 * What the activities need of the outside, as verbs. `services/` adapts the real systems to it; `test/support/` has fakes.
 * Every call may be repeated: creations are get-or-create by the key named in their doc. All throw the errors of `core/errors.ts`.
 */
import type { Detection } from './detection.ts';
import type { LearnedLosses } from './learning/loss-predictor.ts';
import type { SoftmaxExamples } from './learning/softmax-regression.ts';
import type { ModelTask } from './model-task.ts';
import type { Truth } from './truth.ts';
import type { Selection, SelectionRules } from './selection/select.ts';
import type { Opinions, SaidOfRow } from './selection/select-by-active-lab.ts';
import type { Datapoint, Datasource, FilterNode, MetadataEntry, ValueType } from './datapoints.ts';

/** What a system says of itself, for `checkConnections`. */
export interface ConnectionReport {
  readonly system: 'DagsHub' | 'MLflow' | 'Label Studio';
  readonly url: string;
  /** User or version, whatever the system tells. */
  readonly detail: string;
}

export interface DatapointQuery {
  readonly datasourceId: string;
  /** Absent: every datapoint. */
  readonly where?: FilterNode;
  /** Fields wanted; absent: all. */
  readonly select?: readonly string[];
  readonly orderBy?: readonly { readonly field: string; readonly order: 'ASC' | 'DESC' }[];
  /** Datapoints a page; 1000 by default. */
  readonly pageSize?: number;
  /** Start after this cursor (from {@link DatapointPage.endCursor}). */
  readonly after?: string;
  /** Seconds since 1970: values are those of the end of that second. Absent: today's. */
  readonly asOf?: number;
}

export interface DatapointPage {
  readonly datapoints: readonly Datapoint[];
  /** Cursor after the last datapoint; null on the last page. */
  readonly endCursor: string | null;
}

/** DagsHub's Data Engine, hosted or local. */
export interface DataEngine {
  check(signal?: AbortSignal): Promise<ConnectionReport>;
  /** The datasource of that name, or null. */
  findDatasource(by: { name: string } | { id: string }, signal?: AbortSignal): Promise<Datasource | null>;
  /** Get or create by name. @throws DomainError when the name stands for another root. */
  ensureDatasource(input: { name: string; rootUrl: string }, signal?: AbortSignal): Promise<Datasource>;
  /** Starts looking for new files; the status tells when it is done. */
  scanDatasource(datasourceId: string, signal?: AbortSignal): Promise<Datasource>;
  /** Pages until the end; one page in memory at a time. */
  queryDatapoints(query: DatapointQuery, signal?: AbortSignal): AsyncGenerator<DatapointPage>;
  /** Upsert by (path, key), in bounded batches. Repeating it changes nothing. */
  updateMetadata(
    input: { datasourceId: string; entries: readonly MetadataEntry[] },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Takes values away. One that is not there is fine. */
  deleteMetadata(
    input: {
      datasourceId: string;
      /** By {@link Datapoint.id}. */
      datapoints: readonly { readonly id: string; readonly fields: readonly string[] }[];
    },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Declares fields and their tags (`annotation` marks Label Studio JSON). Upsert by name. */
  declareFields(
    input: {
      datasourceId: string;
      fields: readonly { name: string; valueType: ValueType; tags: readonly string[] }[];
    },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Bytes of a BLOB by its hash. */
  fetchBlob(hash: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Bytes of an image. @throws DomainError when the file is gone. */
  fetchImage(input: { rootUrl: string; path: string }, signal?: AbortSignal): Promise<Uint8Array>;
  /** As {@link DataEngine.fetchImage}; null when the file is still of the known version. @param input - `room`: gives where its bytes may go. */
  fetchImageUnless(
    input: {
      rootUrl: string;
      path: string;
      known: string | null;
      room?: (bytes: number) => Uint8Array;
    },
    signal?: AbortSignal,
  ): Promise<VersionedFile | null>;
  /** The `dagshub_download_url` of a datapoint. */
  downloadUrl(input: { rootUrl: string; path: string }): string;
  /**
   * A new link to the page on which a person makes the Label Studio project for these datapoints, by id and {@link DataEngine.downloadUrl}.
   *
   * @param input - `hiddenFields`: metadata that is not shown beside the image.
   */
  annotationLink(
    input: {
      datasourceId: string;
      datapoints: readonly { readonly id: string; readonly url: string }[];
      hiddenFields?: readonly string[];
    },
    signal?: AbortSignal,
  ): Promise<string>;
}

/** A file with what the server calls its version; null where it gives none. */
export interface VersionedFile {
  readonly bytes: Uint8Array;
  readonly version: string | null;
}

export interface RunRef {
  readonly runId: string;
  readonly experimentId: string;
  readonly artifactUri: string;
  readonly status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
  readonly tags: Readonly<Record<string, string>>;
}

export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  /** When it was measured. MLflow deduplicates by (key, timestamp, step, value), so a retry repeats the first try's. */
  readonly timestampMs: number;
}

export interface ArtifactEntry {
  /** From the run's root: `model/model.onnx`. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** MLflow tracking and registry. */
export interface ExperimentTracker {
  check(signal?: AbortSignal): Promise<ConnectionReport>;
  /** Get or create by name; a deleted one is restored. Answers its id. */
  ensureExperiment(name: string, signal?: AbortSignal): Promise<string>;
  /**
   * Get or create by `key` (the tag `labelloop.key`). If several exist the one with something logged stays, else the earliest, and the
   * others are deleted.
   */
  ensureRun(
    input: {
      experimentId: string;
      key: string;
      name: string;
      startTimeMs: number;
      tags: Record<string, string>;
    },
    signal?: AbortSignal,
  ): Promise<RunRef>;
  findRun(input: { experimentId: string; key: string }, signal?: AbortSignal): Promise<RunRef | null>;
  getRun(runId: string, signal?: AbortSignal): Promise<RunRef>;
  /** All runs of an experiment that nobody deleted, oldest first. */
  listRuns(experimentId: string, signal?: AbortSignal): Promise<readonly RunRef[]>;
  /** Any number of metrics, params and tags; sent in batches the server takes. */
  logBatch(
    runId: string,
    batch: { metrics?: readonly Metric[]; params?: Record<string, string>; tags?: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Ties a dataset digest to the run. A server without the call is not an error. */
  logDataset(
    runId: string,
    dataset: { name: string; digest: string; source: string; context: 'training' | 'validation' | 'test' },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Puts a file at a fixed path of the run's artifacts; repeats overwrite. */
  putArtifact(
    input: { run: RunRef; path: string; file: string } | { run: RunRef; path: string; bytes: Uint8Array },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Files and folders right below a folder of the run's artifacts, by path; empty where there is no such folder. */
  listArtifacts(
    input: { run: RunRef; path: string },
    signal?: AbortSignal,
  ): Promise<readonly ArtifactEntry[]>;
  /** Streams an artifact to a local file. @throws DomainError when it is not there. */
  getArtifact(input: { run: RunRef; path: string; file: string }, signal?: AbortSignal): Promise<void>;
  finishRun(
    runId: string,
    status: 'FINISHED' | 'FAILED' | 'KILLED',
    endTimeMs: number,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Get or create the version of this run's model. Answers the version, or null where the server has no registry. */
  ensureModelVersion(
    input: { name: string; run: RunRef; path: string; tags: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<string | null>;
  /** Tags the versions of this run's model, if there are any. A server without a registry is not an error. */
  tagModelVersions(
    input: { name: string; run: RunRef; tags: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * The run of a registered model's version, and the path of its files there; null where there is no such version, or no registry.
   *
   * @throws DomainError when its files are not among its run's artifacts.
   */
  findModelVersion(
    input: { name: string } & ({ version: string } | { alias: string }),
    signal?: AbortSignal,
  ): Promise<{ run: RunRef; path: string } | null>;
  /**
   * The run whose model is the champion: where the server has a registry, that of the version with the alias `champion`, which people may
   * move; else the run tagged so. Null: none.
   */
  findChampion(input: { name: string; experimentId: string }, signal?: AbortSignal): Promise<RunRef | null>;
  /** Makes the run's model the champion, and no other; it is registered if it was not. */
  setChampion(input: { name: string; run: RunRef }, signal?: AbortSignal): Promise<void>;
  /** Page of a run, for people. */
  runUrl(run: { runId: string; experimentId: string }): string;
}

/** A Label Studio result item (a region, or a choice), as stored in tasks, predictions and annotations. */
export type ResultItem = Readonly<Record<string, unknown>>;

export interface ReviewTask {
  /** The datapoint's path: the lasting key of a task (`data.al_key`). */
  readonly key: string;
  readonly imageUrl: string;
  /** How many different people shall answer it. Default: 1. */
  readonly people?: number;
  /** Where the project is one for all cycles. */
  readonly cycle?: number;
  /** Names those of its batch that look alike. */
  readonly cluster?: string;
  readonly prediction?: TaskPrediction;
  /** Further predictions that are shown beside it, of other versions. */
  readonly beside?: readonly TaskPrediction[];
}

export interface TaskPrediction {
  /** MLflow run id. */
  readonly modelVersion: string;
  /** `pred_score`: 0..1, lowest is asked first. */
  readonly score: number;
  readonly result: readonly ResultItem[];
}

export interface ReviewProgress {
  readonly tasks: number;
  /** Tasks with at least one annotation that was not cancelled. */
  readonly answered: number;
  /** Tasks that were only skipped (`was_cancelled`). */
  readonly skipped: number;
  /** Where several people answer a task: those that some of them have looked at and others must; absent: none. */
  readonly begun?: number;
  /** Those whose answers differ, so that one person more is asked; absent: none. */
  readonly disputed?: number;
  /** Those that wait for the adjudicator's verdict; absent: none. */
  readonly undecided?: number;
  /** When the oldest task that nobody has answered or skipped was made, in ms since 1970; absent: there is none. */
  readonly openSinceMs?: number;
}

export interface ReviewAnnotation {
  readonly id: number;
  readonly result: readonly ResultItem[];
  /** Skipped by the person. */
  readonly wasCancelled: boolean;
  readonly completedBy: number | null;
  readonly leadTimeSeconds: number | null;
  /** The prediction that the person began from, as the editor tells it; null: an empty image, or an answer that a program sent. */
  readonly startedFrom: { readonly modelVersion: string; readonly result: readonly ResultItem[] } | null;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ReviewedTask {
  readonly key: string;
  readonly imageUrl: string;
  readonly taskId: number;
  /** How many different people the board asks. */
  readonly people: number;
  /** The board gives it to nobody any more; absent where that is not told. */
  readonly isClosed?: boolean;
  /** As it was sent. */
  readonly cycle?: number;
  /** How many predictions it shows. */
  readonly predictions: number;
  /** Oldest first; empty while nobody answered. */
  readonly annotations: readonly ReviewAnnotation[];
}

/** Of a task only what people said, where the task itself may be gone. */
export type SaidTask = Pick<ReviewedTask, 'key' | 'taskId' | 'annotations'> &
  Partial<Pick<ReviewedTask, 'people'>>;

/** Tasks that are taken out of a project, or put back. */
export interface ShelvedTasks {
  readonly projectId: number;
  readonly keys: readonly string[];
  /** Title of the project that keeps them, made when it is first needed. */
  readonly shelf: string;
}

/** Where people annotate: Label Studio. */
export interface AnnotationBoard {
  check(signal?: AbortSignal): Promise<ConnectionReport>;
  /** Get or create by exact title (3 to 50 characters); doubles that are empty are set aside, the lowest id stays. Answers the id. */
  ensureProject(
    input: { title: string; description: string; labelConfig: string },
    signal?: AbortSignal,
  ): Promise<number>;
  /** Projects whose titles start so, lowest id first. */
  listProjects(titleStart: string, signal?: AbortSignal): Promise<readonly { id: number; title: string }[]>;
  /** The labelling config of the project of exactly that title, or null. @throws DomainError when several have it and differ. */
  findLabelConfig(title: string, signal?: AbortSignal): Promise<string | null>;
  /**
   * Makes the missing tasks with their predictions inside, then repairs what the server lost. Afterwards there is exactly one
   * task a key, and every task that was given predictions has exactly one of each `modelVersion`. Who wants more people to answer a task than
   * it has been given to gets them; a number is never lowered. A task that is sent with another cycle is that cycle's from then on.
   */
  ensureTasks(
    input: {
      projectId: number;
      tasks: readonly ReviewTask[];
      onProgress?: (done: number) => void;
    },
    signal?: AbortSignal,
  ): Promise<{ created: number; existing: number }>;
  /** One webhook a (project, url), for all annotation events. */
  ensureWebhook(
    input: { projectId: number; url: string; headers: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Gives tasks to so many different people, those who have answered included; one that is closed is open again. */
  askPeople(
    tasks: readonly { readonly taskId: number; readonly people: number }[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Id of the person with that e-mail address, as {@link ReviewAnnotation.completedBy} has it; null: nobody has it. */
  findPerson(email: string, signal?: AbortSignal): Promise<number | null>;
  readProgress(projectId: number, signal?: AbortSignal): Promise<ReviewProgress>;
  /** Of the tasks that were sent with this cycle. */
  readCycleProgress(
    input: { projectId: number; cycle: number },
    signal?: AbortSignal,
  ): Promise<ReviewProgress>;
  /** {@link ReviewProgress.openSinceMs} of a project, or of its tasks that were sent with the cycle; null: there is no such task. */
  oldestOpenTask(input: { projectId: number; cycle?: number }, signal?: AbortSignal): Promise<number | null>;
  /**
   * Takes the tasks of these keys that nobody has touched (no answer, no skip, no draft) out of a project, into that of the title `shelf`. What is
   * answered in the same instant, or in a page that was open, is in the one or the other. Answers the keys that have no task in the project afterwards.
   */
  withdrawTasks(input: ShelvedTasks, signal?: AbortSignal): Promise<readonly string[]>;
  /** Puts the tasks of these keys back where they were withdrawn from; what was answered meanwhile stays on the shelf. Answers the keys of those. */
  returnTasks(input: ShelvedTasks, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * All tasks with their annotations, page by page.
   *
   * @param only - `changedSince`, ISO 8601: those that were made, or whose annotations were made, changed or deleted, after this moment. `answered`:
   * those with an annotation.
   */
  listReviewedTasks(
    projectId: number,
    signal?: AbortSignal,
    only?: { readonly changedSince?: string | undefined; readonly answered?: boolean },
  ): AsyncGenerator<readonly ReviewedTask[]>;
  projectUrl(projectId: number): string;
}

/** That a review stands still, for those who can answer it. */
export interface Reminder {
  /** The same in every attempt to deliver it; also sent as `Idempotency-Key`. */
  readonly id: string;
  readonly loop: string;
  readonly cycle: number;
  /** Tasks that nobody answered. */
  readonly open: number;
  /** When the last new answer was seen, ISO 8601. */
  readonly quietSince: string;
  readonly reviews: readonly { readonly title: string; readonly url: string }[];
}

/** Takes reminders to people. */
export interface ReminderSender {
  send(reminder: Reminder, signal?: AbortSignal): Promise<void>;
}

export interface TrainingExample {
  /** The datapoint's path. */
  readonly id: string;
  /** The image on local disk. */
  readonly file: string;
  readonly truth: Truth;
}

/** The Data Engine queries whose answers a training learns from. */
export interface DataEngineQuery {
  /** `owner/name`. */
  readonly repo: string;
  readonly datasource: { readonly id: string; readonly name: string };
  /** Seconds since 1970, by the clock of who asked: the queries' answers are those of this second. */
  readonly asOf: number;
  readonly where: { readonly train: FilterNode; readonly valid: FilterNode };
}

/** What a trainer reports while it works. */
export interface TrainingProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** `train_loss`, `valid_loss` and whatever else the trainer measures. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface TrainingJob {
  /** Folder of this training; an earlier attempt's checkpoints in it are resumed. */
  readonly jobDir: string;
  readonly jobId: string;
  readonly cycle: number;
  readonly seed: number;
  readonly task: ModelTask;
  readonly classes: readonly string[];
  readonly input: { readonly width: number; readonly height: number; readonly channels: 1 | 3 };
  readonly train: readonly TrainingExample[];
  readonly valid: readonly TrainingExample[];
  readonly maxSeconds: number;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Told to the trainer, for users who read the Data Engine in it; absent when the examples come from elsewhere. */
  readonly dataEngine?: DataEngineQuery;
  /** `built-in`, or the command of a trainer that speaks al-train/1. */
  readonly trainer: 'built-in' | readonly string[];
  /** Model folder of an earlier cycle to start from (warm start), where the trainer can use it; from scratch by default. */
  readonly initModelDir?: string;
  /** ONNX file whose embeddings a head is learnt on, its card beside it; absent: the trainer's own network. */
  readonly backboneFile?: string;
  /** Folder for what a later job can use again; may be lost at any time. */
  readonly cacheDir?: string;
}

export interface TrainedModel {
  /** Folder with `model.onnx` and `model.json`. */
  readonly modelDir: string;
  /** SHA-256 of `model.onnx`, hex. */
  readonly sha256: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Digests of the manifests the trainer read, hex. */
  readonly trainSha256: string;
  readonly validSha256: string;
  /** SHA-256 of the backbone, hex; absent where there was none. */
  readonly backboneSha256?: string;
}

/** Trains in a child process; its model has repeated the card's self-test when the call returns. */
export interface ModelTrainer {
  train(
    job: TrainingJob,
    on: { progress: (progress: TrainingProgress) => void; alive: () => void },
    signal: AbortSignal,
  ): Promise<TrainedModel>;
}

/** An image that could not be decoded, and why. */
export interface Unreadable {
  readonly id: string;
  readonly unreadable: string;
}

/** What a model tells of an image besides its answer, if its card names such outputs. */
export interface ModelExtras {
  /** Feature vector: where the model has that output, or for an image that {@link EncodedImage.embed} asks it of. */
  readonly embedding?: Float32Array;
  /** The loss that the model expects of its own answer, 0 or more. */
  readonly predictedLoss?: number;
  /** The image itself as 16×16 grey levels, `[16][16]`, each the mean of the area that it covers. */
  readonly thumbnail?: Uint8Array;
}

export interface Classified extends ModelExtras {
  readonly id: string;
  /** By class, 0..1. They sum to 1, unless the card says that an image may have several classes. */
  readonly probabilities: readonly number[];
  /** T stochastic answers by class, when the model gives several; `probabilities` is their mean. */
  readonly draws?: readonly (readonly number[])[];
}

export interface Detected extends ModelExtras {
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Most confident first. */
  readonly detections: readonly Detection[];
}

export interface EncodedImage {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** The caller needs the bytes no more, so they may be moved to where they are decoded. */
  readonly handedOver?: boolean;
  /** Names these very bytes, so that what they are decoded to may be kept for later. */
  readonly keepAs?: { readonly name: string; readonly version: string };
  /** A feature vector is wanted, from the pixels where the model has none. */
  readonly embed?: boolean;
  /** Of a model that segments: {@link Detection.maskTerms} are wanted. */
  readonly maskTerms?: boolean;
}

/** An image as it was decoded for this model's input before. Using it hands the pixels over. */
export interface KeptImage {
  readonly id: string;
  /** Of the file that it was decoded from. */
  readonly version: string;
  readonly pixels: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  /** As {@link ModelExtras.thumbnail}. */
  readonly thumbnail: Uint8Array;
  /** As {@link EncodedImage.embed}. */
  readonly embed?: boolean;
  /** As {@link EncodedImage.maskTerms}. */
  readonly maskTerms?: boolean;
}

/** A model that is loaded off the main thread. Answers are in the order of the items. */
export interface LoadedModel {
  readonly classes: readonly string[];
  /** Whether it tells the loss that it expects, as an output of its own. */
  readonly predictsLoss: boolean;
  /** A classifier whose images may have several classes: probabilities need not sum to 1. */
  readonly multiLabel: boolean;
  /** What its feature vectors are: `model`, its own output; else the rule by which they come from the pixels, with its version. */
  readonly embeddedBy: string;
  /** Images that give each of its threads something to do; twice as many keep them at work. Large ones are fewer, as they lie in memory. */
  readonly imagesAtOnce: number;
  /** @throws DomainError when the model is no classifier. */
  classify(
    items: readonly (EncodedImage | KeptImage)[],
    signal?: AbortSignal,
  ): Promise<readonly (Classified | Unreadable)[]>;
  /** @throws DomainError when the model finds no objects. */
  detect(
    items: readonly (EncodedImage | KeptImage)[],
    signal?: AbortSignal,
  ): Promise<readonly (Detected | Unreadable)[]>;
  /** What {@link EncodedImage.keepAs} kept under a name; null when there is nothing. */
  recall(name: string): Omit<KeptImage, 'id'> | null;
  /** A buffer to fetch an image into, which the model has back with an image that is handed over. */
  room(bytes: number): Uint8Array;
}

/** Loads model folders; keeps the last one open, and closes them itself. */
export interface ModelRunner {
  load(modelDir: string): Promise<LoadedModel>;
  /** {@link ModelExtras.thumbnail} of an image without a model; null when it cannot be decoded. */
  thumbnail(bytes: Uint8Array): Promise<Uint8Array | null>;
}

/** Draws pictures off the main thread. */
export interface PlotMaker {
  /** The pictures of Vega-Lite specifications, as PNG, in their order. @throws Error when a specification is wrong. */
  png(specifications: readonly object[], signal?: AbortSignal): Promise<readonly Uint8Array[]>;
}

/** Learns to predict a classifier's losses, off the main thread: see `core/learning/train-loss-predictor.ts`. */
export interface LossLearner {
  learn(examples: SoftmaxExamples, seed: number, signal?: AbortSignal): Promise<LearnedLosses>;
}

/** A row that a selection looks at. */
export interface PoolRow {
  /** The datapoint's path. */
  readonly id: string;
  /** `centre`: labelled or asked already, so that the batch keeps away from it; `closed`: left out altogether. */
  readonly role: 'open' | 'centre' | 'closed';
  /** Higher is asked first. NaN for a centre. */
  readonly informativeness: number;
  /** Of a labelled one, where second opinions are asked. */
  readonly said?: SaidOfRow;
}

/** What a selection is made from, in any order but that all rows come before the first file. */
export type PoolPart = { readonly rows: readonly PoolRow[] } | { readonly embeddingFile: string };

/** Chooses batches of which arrays of the whole pool are needed, off the main thread. */
export interface BatchChooser {
  /**
   * As `core/selection/select.ts` chooses. Rows without a vector in any file are quarantined; of two vectors the first counts.
   *
   * @throws DomainError for what `select` refuses, and for files that do not fit together.
   */
  choose(
    input: {
      parts: AsyncIterable<PoolPart>;
      /** Asked when all parts have been taken. */
      rules: () => Promise<PoolRules>;
    },
    signal?: AbortSignal,
  ): Promise<ChosenBatch>;
}

/** Rules of a selection; quotas by the names of classes. */
export interface PoolRules extends Omit<SelectionRules, 'quotas'> {
  readonly quotas?: {
    /** A class that is not named has the weight 1. */
    readonly weights: Readonly<Record<string, number>>;
    /** Labels there are, by class. */
    readonly labels: Readonly<Record<string, number>>;
  };
  /** What tells most is asked, labelled rows of another person among them: see {@link selectByActiveLab}. */
  readonly secondOpinions?: Omit<Opinions, 'said'>;
}

export interface ChosenBatch extends Selection {
  /** What the vectors are: {@link LoadedModel.embeddedBy}, and how many numbers each. */
  readonly embedding: { readonly by: string; readonly columns: number } | null;
  /** Likeliest class of what was chosen or passed over, by id; empty where the model names no class. Where second opinions are asked it is that of models which have not seen a label of it. */
  readonly classes: Readonly<Record<string, string>>;
  /** Of each that was chosen the id of the first that looks like it, by id; empty without vectors. */
  readonly clusters: Readonly<Record<string, string>>;
}
