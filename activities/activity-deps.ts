import type {
  AnnotationBoard,
  BatchChooser,
  DataEngine,
  ExperimentTracker,
  LossLearner,
  ModelRunner,
  ModelTrainer,
  PlotMaker,
  ReminderSender,
} from '../core/ports.ts';

/** What activities are given by the composition root. */
export interface ActivityDeps {
  readonly engine: DataEngine;
  readonly tracker: ExperimentTracker;
  readonly board: AnnotationBoard;
  readonly trainer: ModelTrainer;
  readonly runner: ModelRunner;
  readonly plots: PlotMaker;
  readonly chooser: BatchChooser;
  readonly losses: LossLearner;
  /** Folder for jobs and content-addressed caches; may be lost at any time. */
  readonly workDir: string;
  /** Absent: reminders are only logged and counted. */
  readonly reminders?: ReminderSender;
  /** Where Label Studio sends its events; absent: the loop polls only. */
  readonly webhook?: { readonly url: string; readonly secret: string };
}
