import { unseenProbabilities } from '../../../core/learning/unseen-probabilities.ts';
import { activeLab } from '../../../core/scores/active-lab.ts';
import { selectByActiveLab, type SaidOfRow } from '../../../core/selection/select-by-active-lab.ts';

const [bob, eve] = [0, 1] as const;
const seed = '1/2';
/** Twelve labelled images of two classes that lie apart, one of each labelled wrongly, and four new ones: two clear, and two between the classes. */
const xs = [-1, -1.1, -1.2, -0.9, -0.8, -1.3, 1, 1.1, 1.2, 0.9, 0.8, 1.3, -1.05, 1.05, 0.02, -0.03];
const ids = xs.map((_, row) => `${String(row).padStart(2, '0')}.png`);
const embeddings = { values: Float64Array.from(xs.flatMap((x) => [x, 1])), columns: 2 };
const input = { ids, embeddings, labelled: xs.slice(0, 12).map((_, row) => row) };

function saidBy(
  answersOf: (row: number) => readonly (readonly [number, number])[],
  looked: number | null = 1,
): Map<number, SaidOfRow> {
  return new Map(
    input.labelled.map((row) => {
      const answers = answersOf(row).map(([annotator, label]) => ({ annotator, label }));
      return [row, { label: answers[0]?.label ?? 0, answers, looked: answers.length > 1 ? 2 : looked }];
    }),
  );
}
const truth = (row: number) => (row < 6 ? 0 : 1);
const oneEach = saidBy((row) => [[row % 2, row % 6 === 0 ? 1 - truth(row) : truth(row)]]);

function chosenIds(said: ReadonlyMap<number, SaidOfRow>, rules: { size: number; randomShare?: number }) {
  return selectByActiveLab(
    input,
    { classes: ['cat', 'dog'], annotators: 2, said },
    { seed, ...rules },
  ).chosen.map(({ id }) => id);
}

test('labels that look wrong are asked again, and images that are unclear for the first time, before all others', () => {
  const chosen = chosenIds(oneEach, { size: 4 });
  expect(chosen.slice(0, 2).sort()).toEqual(['00.png', '06.png']);
  expect(chosen.slice(2).sort()).toEqual(['14.png', '15.png']);
});

test('the score is ActiveLab of models that have not seen the label, on one scale', () => {
  const { chosen, pool } = selectByActiveLab(
    input,
    { classes: ['cat', 'dog'], annotators: 2, said: oneEach },
    { size: 16, seed },
  );
  expect(pool).toBe(4);
  expect(chosen).toHaveLength(16);
  const examples = [...oneEach].map(([row, { label }]) => ({ id: ids[row]!, row, label }));
  const { examples: own, others } = unseenProbabilities({
    features: embeddings,
    examples,
    others: [12, 13, 14, 15],
    classes: 2,
    seed,
  });
  const answers = [...[...oneEach.values()].map((one) => one.answers), [], [], [], []];
  const scores = activeLab(answers, [...own, ...others], 2);
  expect(chosen.map(({ informativeness }) => informativeness)).toEqual([...scores].sort((a, b) => b - a));
  // Nobody overlaps, so all weigh 1: 1 − (p + ½)/2 of a new image, 1 − (2p + ½)/3 of an answered one, p of the class that was named.
  const scoreOf = (id: string) => chosen.find((one) => one.id === id)!.informativeness;
  expect(scoreOf('14.png')).toBeCloseTo(1 - (Math.max(...others[2]!) + 0.5) / 2, 12);
  expect(scoreOf('00.png')).toBeCloseTo(1 - (2 * own[0]![1]! + 0.5) / 3, 12);
});

test('nobody is asked twice: what everybody has looked at, or waits for somebody, stays as it is', () => {
  const all = chosenIds(
    saidBy((row) => [
      [bob, truth(row)],
      [eve, 1],
    ]),
    { size: 16 },
  );
  expect(all.sort()).toEqual(['12.png', '13.png', '14.png', '15.png']);
  const waiting = chosenIds(
    saidBy((row) => [[bob, truth(row)]], null),
    { size: 16 },
  );
  expect(waiting.sort()).toEqual(['12.png', '13.png', '14.png', '15.png']);
});

test('where two differ a third is asked, where two agree nobody is', () => {
  const said = saidBy((row) => [
    [bob, truth(row)],
    [eve, row === 4 ? 1 : truth(row)],
  ]);
  const asked = selectByActiveLab(input, { classes: ['cat', 'dog'], annotators: 3, said }, { size: 3, seed });
  expect(asked.chosen.map(({ id }) => id)).toContain('04.png');
  expect(asked.chosen.filter(({ row }) => row < 12)).toHaveLength(1);
});

test('the random share is of new images alone, and comes last', () => {
  const chosen = chosenIds(oneEach, { size: 4, randomShare: 0.5 });
  expect(chosen.slice(0, 2).sort()).toEqual(['00.png', '06.png']);
  expect(new Set(chosen).size).toBe(4);
  expect(chosen.slice(2).every((id) => id >= '12.png')).toBe(true);
});

test('an import teaches the model, and is not asked again; what is excluded is neither', () => {
  const imported = new Map(oneEach).set(0, { label: 1, answers: [], looked: null });
  expect(chosenIds(imported, { size: 16 })).not.toContain('00.png');
  const { chosen } = selectByActiveLab(
    { ...input, excluded: [14] },
    { classes: ['cat', 'dog'], annotators: 2, said: oneEach },
    { size: 16, seed },
  );
  expect(chosen.map(({ id }) => id)).not.toContain('14.png');
});

test('a row without a usable vector is named, and nothing else changes', () => {
  const values = embeddings.values.slice();
  values[2 * 15] = NaN;
  const { chosen, quarantined } = selectByActiveLab(
    { ...input, embeddings: { values, columns: 2 } },
    { classes: ['cat', 'dog'], annotators: 2, said: oneEach },
    { size: 3, seed },
  );
  expect(chosen.map(({ id }) => id).sort()).toEqual(['00.png', '06.png', '14.png']);
  expect(quarantined).toEqual([{ id: '15.png', reason: 'its embedding holds a number that is not finite' }]);
});

test('the rows may stand in any order', () => {
  const order = [...ids.keys()].reverse();
  const values = Float64Array.from(order.flatMap((row) => [xs[row]!, 1]));
  const turned = selectByActiveLab(
    {
      ids: order.map((row) => ids[row]!),
      embeddings: { values, columns: 2 },
      labelled: order.flatMap((row, at) => (row < 12 ? [at] : [])),
    },
    {
      classes: ['cat', 'dog'],
      annotators: 2,
      said: new Map([...oneEach].map(([row, one]) => [15 - row, one])),
    },
    { size: 16, seed },
  );
  const straight = selectByActiveLab(
    input,
    { classes: ['cat', 'dog'], annotators: 2, said: oneEach },
    { size: 16, seed },
  );
  expect(turned.chosen.map(({ id, informativeness }) => [id, informativeness])).toEqual(
    straight.chosen.map(({ id, informativeness }) => [id, informativeness]),
  );
});
