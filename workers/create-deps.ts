import { join } from 'node:path';
import type { ActivityDeps } from '../activities/activity-deps.ts';
import { PixelStore } from '../models/images/pixel-store.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { LocalModelTrainer } from '../models/local-trainer.ts';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { LabelStudioBoard } from '../services/label-studio/label-studio-board.ts';
import { MlflowTracker } from '../services/mlflow/mlflow-tracker.ts';
import { ReminderWebhook } from '../services/reminders/reminder-webhook.ts';
import type { WorkerConfig } from './config.ts';
import { ThreadBatchChooser } from './thread-batch-chooser.ts';
import { ThreadLossLearner } from './thread-loss-learner.ts';
import { VegaPlotMaker } from './vega-plot-maker.ts';

export interface WorkerDeps extends Omit<ActivityDeps, 'board'> {
  /** Null where the queues do not need it. */
  readonly board: ActivityDeps['board'] | null;
  /** Ends the inference threads; a process must not exit before. */
  close(): Promise<void>;
}

/** The real systems behind the ports, as the environment names them. Nothing is contacted yet. */
export function createDeps(config: WorkerConfig): WorkerDeps {
  const { repo, dagshub, mlflow, labelStudio, webhook, reminderUrl, workDir } = config;
  const { inferThreads: threads, inferDevice: device, imageCacheBytes: maxBytes } = config;
  const store = new PixelStore({ dir: join(workDir, 'pixels'), maxBytes });
  const runner = new LocalModelRunner({ threads, device, ...(maxBytes > 0 && { store }) });
  return {
    engine: new DagsHubDataEngine({ ...dagshub, repo }),
    tracker: new MlflowTracker(mlflow),
    board: labelStudio && new LabelStudioBoard(labelStudio),
    trainer: new LocalModelTrainer({ device: config.trainDevice }),
    runner,
    plots: new VegaPlotMaker(),
    chooser: new ThreadBatchChooser(),
    losses: new ThreadLossLearner(),
    workDir,
    ...(webhook && { webhook }),
    ...(reminderUrl !== null && { reminders: new ReminderWebhook(reminderUrl) }),
    close: () => runner.close(),
  };
}
