import { Command, InvalidArgumentError } from 'commander';
import { methodNames, type MethodName } from '../score/file-methods.ts';

interface Flags {
  readonly method: readonly MethodName[];
  readonly costs?: string;
  readonly answers?: string;
  readonly against?: string;
  readonly out?: string;
  readonly fast?: boolean;
  readonly skipBad?: boolean;
  readonly json?: boolean;
}

/** Quarantined rows that are listed one by one; `--json` lists all. */
const listedRows = 20;

/** `labelloop score`. */
export function scoreCommand(): Command {
  return new Command('score')
    .description('score the answers of a model in a file, without a loop (docs/scores.md)')
    .argument(
      '<answers>',
      'probabilities [rows, classes], draws [draws, rows, classes], predicted losses or IoUs [rows]; for model-disagreement a COCO file',
    )
    .requiredOption('--method <names>', `one or more of ${methodNames.join(', ')}, with commas`, methodsOf)
    .option(
      '--costs <file>',
      'least-cost, cost-margin: [classes, classes], the right class a row, the answer a column',
    )
    .option('--answers <file>', 'active-lab: a CSV of id,annotator,label; without it nobody has answered')
    .option('--against <file>', "model-disagreement: the other model's COCO file")
    .option('--out <file>', 'where the scores go, [rows] or [rows, methods]; default: only a summary')
    .option(
      '--fast',
      'margin, least-confidence, average-confidence and entropy of float32 in one pass; entropy to 1e-6',
    )
    .option('--skip-bad', 'write NaN for rows that no score can be given, and end with 0')
    .addHelpText(
      'after',
      `
Files are .npy, .arrow, .feather, .json or .csv by their ending. Higher scores ask a person first. Rows with NaN, an infinity, or that do not
sum to 1 (±0.001) are listed with their reason; with any of them the command ends with 1 and writes nothing, unless --skip-bad.

Examples:
  labelloop score probs.npy --method margin --out scores.npy
  labelloop score probs.csv --method margin,entropy --out scores.csv
  labelloop score draws.npy --method bald,vote-entropy --out scores.arrow --skip-bad
  labelloop score probs.csv --method least-cost --costs costs.csv --out scores.csv
  labelloop score probs.csv --method active-lab --answers answers.csv --out scores.csv
  labelloop score yolo.json --method model-disagreement --against detr.json --out scores.csv`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const { method, out, fast = false, skipBad = false, json, costs, answers, against } = flags;
      const [{ arrayFormatOf }, { scoredFiles }, { writeArray }] = await Promise.all([
        import('../arrays/array-formats.ts'),
        import('../score/scored-files.ts'),
        import('../arrays/write-array.ts'),
      ]);
      if (out !== undefined) arrayFormatOf(out);
      const { array, quarantined } = await scoredFiles({
        answers: file,
        methods: method,
        fast,
        ...(costs !== undefined && { costs }),
        ...(answers !== undefined && { people: answers }),
        ...(against !== undefined && { against }),
      });
      const refused = quarantined.length > 0 && !skipBad;
      if (out !== undefined && !refused) await writeArray(out, array);
      const outcome = {
        out: refused ? null : (out ?? null),
        rows: array.shape[0] ?? 0,
        methods: method,
        quarantined: quarantined.map(({ row, reason }) => ({ row, id: array.ids?.[row] ?? null, reason })),
      };
      if (json) console.log(JSON.stringify(outcome));
      else tell(outcome, refused);
      if (refused) process.exitCode = 1;
    });
}

interface Outcome {
  readonly out: string | null;
  readonly rows: number;
  readonly methods: readonly MethodName[];
  readonly quarantined: readonly { row: number; id: string | null; reason: string }[];
}

function tell({ out, rows, methods, quarantined: bad }: Outcome, refused: boolean): void {
  for (const { row, id, reason } of bad.slice(0, listedRows))
    console.error(`row ${row}${id === null ? '' : ` (${id})`} ${reason}`);
  if (bad.length > listedRows) console.error(`… and ${bad.length - listedRows} more; --json lists all`);
  const summary = `${rows - bad.length} of ${rows} rows have a score by ${methods.join(', ')}`;
  if (refused) console.log(`${summary}; nothing is written. --skip-bad writes NaN for the others.`);
  else console.log(out === null ? `${summary}.` : `Wrote ${out}: ${summary}.`);
}

function methodsOf(text: string): MethodName[] {
  return text.split(',').map((part) => {
    const name = methodNames.find((one) => one === part.trim());
    if (name) return name;
    throw new InvalidArgumentError(`"${part.trim()}" is none of ${methodNames.join(', ')}.`);
  });
}
