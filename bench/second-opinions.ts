import { hash53, hashUnit } from '../core/hash.ts';
import { meanVariance } from '../core/learning/mean-variance.ts';
import { fitSoftmax, type SoftmaxModel } from '../core/learning/softmax-regression.ts';
import { studentInterval } from '../core/metrics/student-interval.ts';
import { marginScores } from '../core/scores/margin.ts';
import { indexOfMax } from '../core/selection/index-of-max.ts';
import { matrixRow, type Matrix } from '../core/selection/matrix.ts';
import { select } from '../core/selection/select.ts';
import { selectByActiveLab } from '../core/selection/select-by-active-lab.ts';
import { readDigitRows } from '../demo/digit-rows.ts';
import { packageFile } from '../stack/program-entry.ts';
import { Bounds } from './bounds.ts';

/** Others than those that the cases and the judge's strength were chosen by, which were 1 to 5. */
const seeds = Array.from({ length: 10 }, (_, at) => 101 + at);
const [first, batch, cycles] = [100, 50, 6] as const;
const holdOut = 540;
const people = 3;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
/** How often each person is wrong, how much the classifier goes by its examples, and what second opinions must buy then. */
const cases = [
  { errors: [0, 0, 0], strength: 1, lead: -0.01 },
  { errors: [0.05, 0.1, 0.5], strength: 1, lead: 0.01 },
  { errors: [0.05, 0.1, 0.5], strength: 0.1, lead: -0.02 },
];

type Arm = 'once' | 'twice' | 'second opinions';

interface World {
  readonly seed: number;
  readonly errors: readonly number[];
  readonly strength: number;
  readonly ids: readonly string[];
  readonly embeddings: Matrix;
  readonly truths: readonly number[];
  /** Rows that may be asked, and those that measure. */
  readonly pool: readonly number[];
  readonly held: readonly number[];
}

/** Of a row: the answers in the order given, by person, and the class that counts where they are divided. */
type Said = Map<number, { answers: { annotator: number; label: number }[]; unseen: number }>;

/**
 * What second opinions buy on scikit-learn's digits that three people label, over ten seeds at one budget of labels: beside the highest margins answered
 * once, and answered by two people each.
 *
 * @throws Error when a bound is missed.
 */
export async function benchSecondOpinions(): Promise<void> {
  const rows = await readDigitRows(packageFile(import.meta.url, '.labelloop/venv/mlflow'));
  const bounds = new Bounds();
  for (const { errors, strength, lead } of cases) {
    const results = { once: [], twice: [], 'second opinions': [] } as Record<Arm, Measured[]>;
    for (const seed of seeds)
      for (const arm of Object.keys(results) as Arm[])
        results[arm].push(loopOf(arm, worldOf(rows, seed, errors, strength)));
    const wrongIn = errors.map((error) => `${100 * error} %`).join(', ');
    console.log(`people wrong in ${wrongIn}; strength ${strength}; ${first + batch * cycles} labels`);
    for (const [arm, measured] of Object.entries(results)) {
      const of = (key: keyof Measured) => studentInterval(measured.map((one) => one[key]));
      const { value, low, high } = of('accuracy');
      console.log(
        `  ${arm}: accuracy ${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)}), ${of('images').value.toFixed(0)} images, ${(100 * of('wrong').value).toFixed(1)} % of them labelled wrongly`,
      );
    }
    const over = results['second opinions'].map(
      ({ accuracy }, at) => accuracy - (results.once[at]?.accuracy ?? NaN),
    );
    const { value, low, high } = studentInterval(over);
    bounds.atLeast(`  over once (${low.toFixed(3)} to ${high.toFixed(3)})`, value, lead);
  }
  bounds.assert();
}

interface Measured {
  readonly accuracy: number;
  readonly images: number;
  /** Part of the labels that are wrong. */
  readonly wrong: number;
}

function worldOf(
  rows: readonly (readonly number[])[],
  seed: number,
  errors: readonly number[],
  strength: number,
): World {
  const order = rows
    .map((_, row) => row)
    .sort((a, b) => hashUnit(`${seed}/order`, String(a)) - hashUnit(`${seed}/order`, String(b)));
  return {
    seed,
    errors,
    strength,
    ids: rows.map((_, row) => `digit-${row}`),
    embeddings: {
      values: Float64Array.from(rows.flatMap((row) => row.slice(0, 64).map((grey) => grey / 16))),
      columns: 64,
    },
    truths: rows.map((row) => row[64] ?? NaN),
    held: order.slice(0, holdOut),
    pool: order.slice(holdOut),
  };
}

function loopOf(arm: Arm, world: World): Measured {
  const said: Said = new Map();
  const twice = arm === 'twice';
  for (const row of world.pool.slice(0, twice ? first / 2 : first)) ask(world, said, row, twice ? 2 : 1);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    if (arm === 'second opinions') secondOpinions(world, said, `${world.seed}/${cycle}`);
    else
      for (const row of highestMargins(world, said, `${world.seed}/${cycle}`, twice ? batch / 2 : batch))
        ask(world, said, row, twice ? 2 : 1);
  }
  const model = trained(world, said);
  const answers = model.probabilities(world.embeddings, world.held);
  const right = world.held.filter((row, at) => indexOfMax(matrixRow(answers, at)) === world.truths[row]);
  const wrong = [...said].filter(([row, one]) => consensus(one) !== world.truths[row]).length;
  return { accuracy: right.length / world.held.length, images: said.size, wrong: wrong / said.size };
}

function secondOpinions(world: World, said: Said, seed: string): void {
  const { chosen, likeliest } = selectByActiveLab(
    { ids: world.ids, embeddings: world.embeddings, labelled: [...said.keys()], excluded: world.held },
    {
      classes,
      annotators: people,
      said: new Map(
        [...said].map(([row, one]) => [
          row,
          { label: consensus(one), answers: one.answers, looked: one.answers.length },
        ]),
      ),
    },
    { size: batch, seed },
  );
  for (const { row, id } of chosen) ask(world, said, row, 1, Number(likeliest[id]));
}

function highestMargins(world: World, said: Said, seed: string, size: number): number[] {
  const { ids, embeddings, held } = world;
  const answers = trained(world, said).probabilities(
    embeddings,
    ids.map((_, row) => row),
  );
  const probabilities = ids.map((_, row) => [...matrixRow(answers, row)]);
  const informativeness = Float64Array.from(marginScores(probabilities));
  const input = { ids, informativeness, labelled: [...said.keys()], excluded: held };
  return select(input, { strategy: 'top-k', size, seed }).chosen.map(({ row }) => row);
}

/** Of so many who have not answered it yet. */
function ask({ seed, errors, truths, ids }: World, said: Said, row: number, count: number, unseen = 0): void {
  const one = said.get(row) ?? { answers: [], unseen };
  const start = hash53(`${seed}/who/${ids[row] ?? ''}`) % people;
  for (let asked = 0; asked < count; asked++) {
    const annotator = (start + one.answers.length) % people;
    const key = `${annotator}/${ids[row] ?? ''}`;
    const isWrong = hashUnit(`${seed}/wrong`, key) < (errors[annotator] ?? 0);
    const away = isWrong ? 1 + Math.floor(9 * hashUnit(`${seed}/as`, key)) : 0;
    one.answers.push({ annotator, label: ((truths[row] ?? 0) + away) % classes.length });
  }
  said.set(row, { ...one, unseen });
}

/** The most named class; of equals that of the models, else the first that was named. */
function consensus({ answers, unseen }: { answers: readonly { label: number }[]; unseen: number }): number {
  const votes = (label: number) => answers.filter((one) => one.label === label).length;
  const most = Math.max(...answers.map(({ label }) => votes(label)));
  const leading = answers.flatMap(({ label }) => (votes(label) === most ? [label] : []));
  return leading.includes(unseen) ? unseen : (leading[0] ?? 0);
}

function trained({ embeddings, pool, strength }: World, said: Said): SoftmaxModel {
  const rows = [...said.keys()];
  const { columns } = embeddings;
  const seen = Float64Array.from(pool.flatMap((row) => [...matrixRow(embeddings, row)]));
  return fitSoftmax({
    features: embeddings,
    rows,
    labels: [...said.values()].map(consensus),
    classes: classes.length,
    strength: strength / meanVariance({ values: seen, columns }),
  });
}
