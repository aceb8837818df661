import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivityDeps } from '../../activities/activity-deps.ts';
import { annotationBlob } from '../../core/annotation-blob.ts';
import type { Datapoint, MetadataEntry } from '../../core/datapoints.ts';
import { fields } from '../../core/fields.ts';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import type { Reminder, ReminderSender } from '../../core/ports.ts';
import { FakeAnnotationBoard } from './fake-annotation-board.ts';
import { FakeDataEngine } from './fake-data-engine.ts';
import { FakeExperimentTracker } from './fake-experiment-tracker.ts';
import { FakeModelRunner } from './fake-model-runner.ts';
import { InlineBatchChooser } from './inline-batch-chooser.ts';
import { InlineLossLearner } from './inline-loss-learner.ts';
import { FakePlotMaker } from './fake-plot-maker.ts';
import { FakeTrainer } from './fake-trainer.ts';
import { withSmallPages } from './small-pages.ts';

export const rootUrl = 's3://bucket/images';
export const classes = ['cat', 'dog'];
export const scheme: LabelScheme = { task: 'classification', classes };

type Values = Partial<Record<keyof typeof fields, string | number>>;

/**
 * All that activities are given, as fakes: a Data Engine with a scanned datasource of `count` images, `00.png` and on, in pages of five by default,
 * and empty other systems. A work folder of its own.
 */
export class AnnotatedWorld implements ActivityDeps {
  readonly engine: FakeDataEngine;
  readonly board = new FakeAnnotationBoard();
  readonly tracker = new FakeExperimentTracker();
  readonly trainer = new FakeTrainer();
  readonly runner = new FakeModelRunner();
  readonly plots = new FakePlotMaker();
  readonly chooser = new InlineBatchChooser();
  readonly losses = new InlineLossLearner();
  /** What the receiver of reminders has got; it knows a repeated one by its id. */
  readonly reminded = new Map<string, Reminder>();
  readonly reminders: ReminderSender = {
    send: async (reminder) => void this.reminded.set(reminder.id, reminder),
  };
  readonly webhook = { url: 'http://127.0.0.1:9', secret: 'hush' };
  /** Values written to the Data Engine so far. */
  written = 0;
  workDir: string;
  readonly datasource = { id: '1', rootUrl };
  readonly paths: readonly string[];

  private constructor(engine: FakeDataEngine, workDir: string, paths: readonly string[]) {
    this.engine = engine;
    this.workDir = workDir;
    this.paths = paths;
    const update = engine.updateMetadata.bind(engine);
    engine.updateMetadata = (input, signal) => {
      this.written += input.entries.length;
      return update(input, signal);
    };
  }

  static async create(count: number, { pageImages = 5 } = {}): Promise<AnnotatedWorld> {
    const paths = Array.from({ length: count }, (_, index) => `${String(index).padStart(2, '0')}.png`);
    const engine = withSmallPages(new FakeDataEngine({ roots: { [rootUrl]: paths } }), pageImages);
    const world = new AnnotatedWorld(engine, await mkdtemp(join(tmpdir(), 'labelloop-test-')), paths);
    await engine.ensureDatasource({ name: 'glyphs', rootUrl });
    await engine.declareFields({ datasourceId: '1', fields: Object.values(fields) });
    return world;
  }

  async remove(): Promise<void> {
    // Calls that were under way when a process died may still write.
    await rm(this.workDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** The disk is lost, or another machine goes on. */
  async loseDisk(): Promise<void> {
    await this.remove();
    this.workDir = await mkdtemp(join(tmpdir(), 'labelloop-test-'));
  }

  /** What all systems hold, without wall time. */
  state(): unknown {
    return {
      rows: this.rows(),
      runs: this.tracker.allRuns().map(({ endTimeMs, metrics, artifacts, ...run }) => ({
        ...run,
        ended: endTimeMs !== null,
        metrics: metrics.map((metric) => JSON.stringify(metric)).sort(),
        artifacts: Object.fromEntries(
          [...artifacts]
            .map(([path, bytes]) => [path, new TextDecoder().decode(bytes)] as const)
            .map(([path, text]) => [path, text.replace(/"asOf": \d+/, '"asOf": 0')]),
        ),
      })),
      versions: this.tracker.modelVersions('glyphs'),
      reminded: [...this.reminded.values()],
      champion: this.tracker.champion('glyphs'),
      projects: Array.from({ length: 20 }, (_, cycle) =>
        ['hold-out', 'batch', 'verdicts'].flatMap((part) =>
          this.board.projectsTitled(`glyphs cycle ${cycle} ${part}`).map((id) => this.board.project(id)),
        ),
      ),
    };
  }

  /** Gives the images from..to (excluded) values. */
  async set(from: number, to: number, values: Values): Promise<void> {
    const entries = this.paths.slice(from, to).flatMap((path) =>
      Object.entries(values).map(([field, value]) => {
        const { name, valueType } = fields[field as keyof typeof fields];
        return { path, key: name, valueType, value } as MetadataEntry;
      }),
    );
    await this.engine.updateMetadata({ datasourceId: '1', entries });
  }

  /** Annotates the images from..to (excluded): even ones are cats, odd ones dogs. */
  async annotate(from: number, to: number): Promise<void> {
    const answers = answersOf(scheme);
    const entries = this.paths.slice(from, to).map((path, offset): MetadataEntry => {
      const label = classes[(from + offset) % 2]!;
      const result = answers.resultOf({ path, truth: { label } });
      const imageUrl = this.engine.downloadUrl({ rootUrl, path });
      const value = annotationBlob({ imageUrl, annotation: { result } });
      return { path, key: 'annotation', valueType: 'BLOB', value };
    });
    await this.engine.updateMetadata({ datasourceId: '1', entries });
  }

  rows(): Datapoint[] {
    return this.engine.rows('1');
  }

  /** A field of all images that have it, by path. */
  column(field: keyof typeof fields): Record<string, string | number | boolean> {
    const { name } = fields[field];
    return Object.fromEntries(
      this.rows().flatMap(({ path, fields: row }) => (row[name] === undefined ? [] : [[path, row[name]]])),
    );
  }
}
