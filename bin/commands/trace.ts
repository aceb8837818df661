import { Command } from 'commander';
import { traceText } from '../trace-text.ts';

/** `labelloop trace <loop.yaml> <path>`. */
export function traceCommand(): Command {
  return new Command('trace')
    .description('where the label of an image comes from: who said it, when, and starting from which model')
    .argument('<loop.yaml>', 'the loop')
    .argument('<path>', 'the image, from the root of the datasource')
    .addHelpText(
      'after',
      `
Reads the Data Engine and MLflow, by the same environment as a worker. Label Studio's projects may be gone, and the loop need not run.

Example:
  labelloop trace loop.yaml patient-7/left.png`,
    )
    .action(async (file: string, path: string, _: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const [
        { readLoopFile },
        { readWorkerConfig },
        { createDeps },
        { traceDatapoint },
        { answersOf },
        { labelScheme },
      ] = await Promise.all([
        import('../../client/loop-file.ts'),
        import('../../workers/config.ts'),
        import('../../workers/create-deps.ts'),
        import('../../client/trace-datapoint.ts'),
        import('../../core/answers/answers.ts'),
        import('../../core/loop-spec.ts'),
      ]);
      const spec = await readLoopFile(file);
      const deps = createDeps(readWorkerConfig({ ...process.env, LABELLOOP_REPO: spec.repo }, []));
      try {
        const trace = await traceDatapoint(deps, spec, path);
        console.log(json ? JSON.stringify(trace) : traceText(trace, answersOf(labelScheme(spec))));
      } finally {
        await deps.close();
      }
    });
}
