import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { stringify } from 'yaml';
import { connectTemporal } from '../client/connect.ts';
import { payloadCodecs } from '../services/temporal/payload-codecs.ts';
import { loopStatus, type LoopReport } from '../client/loop-status.ts';
import { startLoop } from '../client/start-loop.ts';
import { loopWorkflowId, type LoopSpec } from '../core/loop-spec.ts';
import { startStack, type RunningStack } from '../stack/start-stack.ts';
import { packageFile } from '../stack/program-entry.ts';
import type { OnStackEvent } from '../stack/stack-event.ts';
import { demoRepo } from './arms.ts';
import { ChildProgram } from './child-program.ts';
import { DemoScreen } from './demo-screen.ts';
import type { DemoArm, DemoSet } from './demo-set.ts';
import { learningCurveSvg, type Arm } from './learning-curve.ts';
import { learningTable } from './learning-table.ts';
import { SimulatedAnnotator } from './simulated-annotator.ts';

export interface DemoOptions {
  readonly set: DemoSet;
  /** Everything of the demo lies here; `fresh` removes it. */
  readonly dataDir: string;
  readonly seed: number;
  readonly cycles: number;
  /** Forget an earlier demo. */
  readonly fresh: boolean;
  /** Leave the servers up until Ctrl-C. */
  readonly keep: boolean;
  readonly onStackEvent: OnStackEvent;
  /** The servers are up; what is drawn in place may stay. */
  readonly onStackReady: () => void;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly arms: readonly Arm[];
  readonly svgFile: string;
  readonly pngFile: string;
}

const webhookPort = 8280;

/** Runs the two arms on the real servers, from nothing to the picture. Every server and process is stopped again, whatever happens. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { set, dataDir, seed, cycles, print, signal } = options;
  if (options.fresh) await rm(dataDir, { recursive: true, force: true });
  const folder = resolve(dataDir, set.name);
  await mkdir(join(folder, 'images'), { recursive: true });
  const demoArms = set.arms({ seed, cycles });
  const loops = demoArms.map(({ spec }) => spec);
  for (const spec of loops) await writeFile(join(folder, `${spec.loop}.yaml`), stringify(spec));

  const stack = await startStack({
    dataDir,
    repo: demoRepo,
    roots: [{ url: set.rootUrl, folder: join(folder, 'images') }],
    onProgress: options.onStackEvent,
    signal,
  });
  options.onStackReady();
  const programs: ChildProgram[] = [];
  const annotating = new AbortController();
  try {
    const python = packageFile(import.meta.url, '.labelloop/venv/mlflow');
    const truth = await set.write(folder, { seed, python });
    print(`${truth.size} ${set.title} are in the Data Engine as ${set.rootUrl}.`);
    const env = programEnvironment(stack, dataDir);
    const logs = join(dataDir, 'logs');
    programs.push(
      await ChildProgram.start(['worker', '--queues', 'loop,infer,train'], {
        env,
        logFile: join(logs, 'worker.log'),
      }),
      await ChildProgram.start(['webhook', '--port', String(webhookPort)], {
        env,
        logFile: join(logs, 'webhook.log'),
      }),
    );
    const annotator = new SimulatedAnnotator(
      { url: stack.env['LABEL_STUDIO_URL'] ?? '', apiKey: stack.env['LABEL_STUDIO_API_KEY'] ?? '' },
      set.scheme,
      truth,
    );
    const work = annotator.work(
      loops.map(({ loop }) => loop),
      AbortSignal.any([annotating.signal, signal]),
    );
    const reports = await Promise.race([
      runLoops(loops, stack, programs, signal),
      work.then(() => new Promise<never>(() => undefined)),
    ]);
    const result = await present(reports, demoArms, stack, folder, print);
    if (options.keep) {
      print('\nThe servers stay up; Ctrl-C stops them.');
      await sleep(2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
    }
    return result;
  } finally {
    annotating.abort();
    for (const program of programs.reverse()) await program.stop();
    await stack.stop();
  }
}

function programEnvironment(stack: RunningStack, dataDir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...stack.env,
    LABELLOOP_REPO: demoRepo,
    LABELLOOP_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}`,
    LABELLOOP_WORK_DIR: join(dataDir, 'work'),
  };
}

/** Starts both loops and shows them until both have ended. */
async function runLoops(
  loops: readonly LoopSpec[],
  stack: RunningStack,
  programs: readonly ChildProgram[],
  signal: AbortSignal,
): Promise<LoopReport[]> {
  const temporal = await connectTemporal({
    env: { ...process.env, ...stack.env },
    payloadCodecs: payloadCodecs(process.env),
  });
  const screen = new DemoScreen();
  try {
    for (const spec of loops) await startLoop(temporal.client, spec).catch(unlessEnded);
    for (;;) {
      signal.throwIfAborted();
      for (const program of programs) await program.assertRunning();
      const reports = await Promise.all(
        loops.map((spec) => loopStatus(temporal.client, loopWorkflowId(spec)).catch(() => null)),
      );
      screen.show(loops.map((spec, index) => ({ name: spec.loop, report: reports[index] ?? null })));
      const known = reports.filter((report) => report !== null);
      const failed = known.find(({ state }) => state !== 'RUNNING' && state !== 'COMPLETED');
      if (failed)
        throw new Error(`The loop ${failed.workflowId} ended as ${failed.state}: ${failed.ended ?? ''}`);
      if (known.length === loops.length && known.every(({ state }) => state === 'COMPLETED')) return known;
      await sleep(1000, undefined, { signal });
    }
  } finally {
    screen.close();
    await temporal.close();
  }
}

/** An earlier demo's loop that is done is shown as it is. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof Error && / has ended /.test(error.message))) throw error;
}

async function present(
  reports: readonly LoopReport[],
  demoArms: readonly DemoArm[],
  stack: RunningStack,
  folder: string,
  print: (line: string) => void,
): Promise<DemoResult> {
  const arms = reports.map(({ history }, index): Arm => ({ name: demoArms[index]?.name ?? '', history }));
  const svg = await learningCurveSvg(arms);
  const svgFile = join(folder, 'learning-curve.svg');
  const pngFile = join(folder, 'learning-curve.png');
  await writeFile(svgFile, svg);
  await sharp(Buffer.from(svg), { density: 144 }).png().toFile(pngFile);
  const metric = arms[0]?.history[0]?.metric.name ?? '';
  print(`\n${metric} on the random hold-out (95 % interval)\n\n${learningTable(arms)}\n`);
  for (const { workflowId, runId } of reports)
    print(
      `Temporal      ${stack.links.find(({ name }) => /temporal/i.test(name))?.url ?? ''}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/history`,
    );
  for (const { history } of reports) print(`MLflow        ${history.at(-1)?.runUrl ?? ''}`);
  print(`Label Studio  ${stack.env['LABEL_STUDIO_URL'] ?? ''}/projects`);
  print(`Plot          ${svgFile}\n              ${pngFile}`);
  return { arms, svgFile, pngFile };
}
