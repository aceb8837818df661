import { Command } from 'commander';
import { stopSignal } from '../stop-signal.ts';

/** `labelloop annotate <loop.yaml>`. */
export function annotateCommand(): Command {
  return new Command('annotate')
    .description('a link for people who annotate what the loop asks in a DagsHub project of their own')
    .argument('<loop.yaml>', 'the loop')
    .addHelpText(
      'after',
      `
As annotate() of DagsHub's client, of the images that the newest cycle asks and nobody has annotated. Whoever opens the link names a Label Studio project. What is
saved from there into the field "annotation" counts, and its images are asked no more; "labelloop close-review" takes it over. By the same environment as a worker;
the loop need not run.

Example:
  labelloop annotate loop.yaml`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const [{ readLoopFile }, { readWorkerConfig }, { createDeps }, { annotationLink }] = await Promise.all([
        import('../../client/loop-file.ts'),
        import('../../workers/config.ts'),
        import('../../workers/create-deps.ts'),
        import('../../client/annotation-link.ts'),
      ]);
      const spec = await readLoopFile(file);
      const deps = createDeps(readWorkerConfig({ ...process.env, LABELLOOP_REPO: spec.repo }, []));
      try {
        const answer = await annotationLink(deps.engine, spec, stopSignal());
        const { link, cycle, images } = answer;
        const text =
          link === null
            ? `No image of ${spec.loop} waits for an annotation.`
            : `${images === 1 ? '1 image' : `${images} images`} of cycle ${cycle} ${images === 1 ? 'waits' : 'wait'}: ${link}\n` +
              `When the annotations are saved: labelloop close-review ${file} --why "annotated in DagsHub"`;
        console.log(json ? JSON.stringify(answer) : text);
      } finally {
        await deps.close();
      }
    });
}
