/** What was found after the last moment, as plain lists. */
export interface Findings {
  /** How the loop ended, and how it should have. */
  readonly ended: { readonly was: string; readonly expected: string };
  /** Of every project: its title. */
  readonly projects: readonly string[];
  /** Of every task: the datapoint. */
  readonly tasks: readonly string[];
  /** Of every prediction: task and model. */
  readonly predictions: readonly string[];
  /** Of every MLflow run: its key. */
  readonly runs: readonly string[];
  /** Of every version of the registered model: its run. */
  readonly versions: readonly string[];
  /** What the team said, as Label Studio acknowledged it: datapoint → class. */
  readonly answers: ReadonlyMap<string, string>;
  /** What the Data Engine holds as `annotation`: datapoint → class. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly audit: {
    readonly lines: readonly AuditCounts[];
    /** Sentences. */
    readonly faults: readonly string[];
  };
  /** The worker's highest resident memory in each cycle, bytes; cycles in which it was not seen are left out. */
  readonly memory: readonly number[];
  /** Sentences about recorded histories that a version of the code cannot replay. */
  readonly unreplayable: readonly string[];
  /** Sentences about processes that ended though nobody ended them. */
  readonly unexpected: readonly string[];
}

export interface AuditCounts {
  readonly asked: number;
  readonly sent: number;
  readonly known: number;
  readonly unsent: number;
  readonly answered: number;
  readonly collected: number;
  readonly skipped: number;
  readonly open: number;
  /** Taken away unanswered; absent: none. */
  readonly withdrawn?: number;
}

export interface Verdict {
  readonly duplicates: Readonly<Record<'projects' | 'tasks' | 'predictions' | 'runs' | 'versions', number>>;
  /** Answers that `annotation` does not hold. */
  readonly lost: readonly string[];
  readonly balances: boolean;
  /** Sentences on all that is wrong; empty: nothing is. */
  readonly complaints: readonly string[];
}

/** What a cycle may take more than the first whole one: models and caches differ a little in size. */
const memoryMargin = 1.3;

/** Holds what was found against what must be. */
export function judgeChaos(found: Findings): Verdict {
  const duplicates = {
    projects: doubles(found.projects),
    tasks: doubles(found.tasks),
    predictions: doubles(found.predictions),
    runs: doubles(found.runs),
    versions: doubles(found.versions),
  };
  const lost = [...found.answers]
    .filter(([path, label]) => found.annotations.get(path) !== label)
    .map(([path]) => path);
  const unbalanced = found.audit.lines.filter(
    ({ asked, sent, known, unsent, answered, collected, skipped, open, withdrawn = 0 }) =>
      asked !== sent + known + unsent ||
      sent !== answered + skipped + open + withdrawn ||
      collected !== answered ||
      unsent !== 0,
  );
  const balances = unbalanced.length === 0 && found.audit.faults.length === 0 && found.audit.lines.length > 0;
  const complaints = [
    ...(found.ended.was === found.ended.expected
      ? []
      : [`The loop ended with "${found.ended.was}", not with "${found.ended.expected}".`]),
    ...Object.entries(duplicates).flatMap(([what, count]) =>
      count > 0 ? [`${count} of the ${what} are double.`] : [],
    ),
    ...lost.map(
      (path) =>
        `${path} was answered "${found.answers.get(path) ?? ''}", and its annotation is ${quoted(found.annotations.get(path))}.`,
    ),
    ...found.audit.faults,
    ...(balances || found.audit.faults.length > 0 ? [] : ['The audit does not balance.']),
    ...memoryComplaints(found.memory),
    ...found.unreplayable,
    ...found.unexpected,
  ];
  return { duplicates, lost, balances, complaints };
}

function doubles(keys: readonly string[]): number {
  return keys.length - new Set(keys).size;
}

function quoted(label: string | undefined): string {
  return label === undefined ? 'not there' : `"${label}"`;
}

/** The first cycle trains nothing, so the second is what later ones are held against. */
function memoryComplaints(peaks: readonly number[]): string[] {
  const [, first, ...later] = peaks;
  const last = later.at(-1);
  if (first === undefined || last === undefined || last <= first * memoryMargin) return [];
  return [`The worker's memory grew from ${megabytes(first)} in cycle 1 to ${megabytes(last)} in the last.`];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
