import { Command, Option } from 'commander';
import { objectFormats, type ObjectFormat } from '../../core/formats/object-formats.ts';

interface Flags {
  readonly from: ObjectFormat;
  readonly to: ObjectFormat;
  readonly yoloTask: 'detect' | 'segment';
  readonly json?: boolean;
}

/** `labelloop convert`. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('turn annotations of one format into another: COCO, YOLO, Label Studio JSON')
    .argument('<input>', "a JSON file; for YOLO the dataset's YAML file, beside its images")
    .argument('<output>', 'a file that is not there yet; for YOLO a folder')
    .addOption(
      new Option('--from <format>', 'format of the input').choices(objectFormats).makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <format>', 'format of the output').choices(objectFormats).makeOptionMandatory(),
    )
    .addOption(
      new Option('--yolo-task <task>', 'what a YOLO output holds: boxes or polygons')
        .choices(['detect', 'segment'])
        .default('detect'),
    )
    .addHelpText(
      'after',
      `
Files of any size pass through as streams. A file that is refused leaves no output; objects that cannot be drawn are left out and
reported (docs/formats.md).

Examples:
  labelloop convert --from coco --to label-studio instances.json tasks.json
  labelloop convert --from yolo --to coco data.yaml instances.json
  labelloop convert --from coco --to yolo --yolo-task segment instances.json yolo/`,
    )
    .action(async (input: string, output: string, _: unknown, command: Command) => {
      const { from, to, yoloTask, json } = command.optsWithGlobals<Flags>();
      const [{ openAnnotations }, { ReadingBar }, { writeAnnotations }, { FormatReport }] = await Promise.all(
        [
          import('../../activities/open-annotations.ts'),
          import('../convert/reading-bar.ts'),
          import('../convert/write-annotations.ts'),
          import('../../core/formats/format-report.ts'),
        ],
      );
      const bar = new ReadingBar(input);
      let report = new FormatReport();
      try {
        const annotations = await openAnnotations(from, input, bar.onRead);
        const open = () => {
          report = new FormatReport();
          return annotations.images(report);
        };
        const { classes } = annotations;
        await writeAnnotations(to, output.replace(/\/+$/, ''), { classes, open }, yoloTask);
      } finally {
        bar.stop();
      }
      const { images, objects, skipped, clipped, examples } = report;
      if (json) console.log(JSON.stringify({ output, images, objects, skipped, clipped, examples }));
      else console.log([`Wrote ${output}`, ...report.lines()].join('\n'));
    });
}
