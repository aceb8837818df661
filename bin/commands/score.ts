import { Command, InvalidArgumentError } from 'commander';
import type { NumberArray } from '../../core/number-array.ts';
import { scoreNames, type ScoreName } from '../../core/scores/score-names.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly method: readonly ScoreName[];
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
      'probabilities [rows, classes], draws [draws, rows, classes] or predicted losses [rows]',
    )
    .requiredOption('--method <names>', `one or more of ${scoreNames.join(', ')}, with commas`, methodNames)
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
  labelloop score draws.npy --method bald,vote-entropy --out scores.arrow --skip-bad`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { method, out, fast = false, skipBad = false, json } = command.optsWithGlobals<Flags>();
      const [{ arrayFormatOf }, { readArray }, { writeArray }] = await Promise.all([
        import('../arrays/array-formats.ts'),
        import('../arrays/read-array.ts'),
        import('../arrays/write-array.ts'),
      ]);
      if (out !== undefined) arrayFormatOf(out);
      const answers = await readArray(file);
      const { array, quarantined } = await scored(file, answers, method, fast);
      const refused = quarantined.length > 0 && !skipBad;
      if (out !== undefined && !refused) await writeArray(out, array);
      const outcome = {
        out: refused ? null : (out ?? null),
        rows: array.shape[0] ?? 0,
        methods: method,
        quarantined: quarantined.map(({ row, reason }) => ({ row, id: answers.ids?.[row] ?? null, reason })),
      };
      if (json) console.log(JSON.stringify(outcome));
      else tell(outcome, refused);
      if (refused) process.exitCode = 1;
    });
}

interface Outcome {
  readonly out: string | null;
  readonly rows: number;
  readonly methods: readonly ScoreName[];
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

async function scored(file: string, answers: NumberArray, methods: readonly ScoreName[], fast: boolean) {
  const [{ DomainError }, { scoreArray }, { scoreArrayFast }] = await Promise.all([
    import('../../core/errors.ts'),
    import('../../core/scores/score-array.ts'),
    import('../../core/scores/score-array-fast.ts'),
  ]);
  try {
    return (fast ? scoreArrayFast : scoreArray)(answers, methods);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new UsageError(`${file}: ${error.message}`, { cause: error });
  }
}

function methodNames(text: string): ScoreName[] {
  return text.split(',').map((part) => {
    const name = scoreNames.find((one) => one === part.trim());
    if (name) return name;
    throw new InvalidArgumentError(`"${part.trim()}" is none of ${scoreNames.join(', ')}.`);
  });
}
