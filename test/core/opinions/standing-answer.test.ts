import { answersOf, type LabelScheme } from '../../../core/answers/answers.ts';
import { peopleAsked, type OpinionRule } from '../../../core/opinions/opinion-rule.ts';
import { standingAnswer, type Verdict } from '../../../core/opinions/standing-answer.ts';
import { pixelsOf } from '../../../core/metrics/shape-overlap.ts';
import type { ReviewAnnotation, ReviewedTask } from '../../../core/ports.ts';
import type { Truth } from '../../../core/truth.ts';

const classes: LabelScheme = { task: 'classification', classes: ['cat', 'dog', 'cow'] };
const boxes: LabelScheme = { task: 'detection', classes: ['tooth'] };
const two: OpinionRule = { loop: 'x', share: 1, annotators: 2, further: 1, agreement: 0.7, seed: 1 };
const judged: OpinionRule = { ...two, adjudicator: 'ada@example.com' };
const project = 7;

function annotation(
  id: number,
  completedBy: number,
  result: ReviewAnnotation['result'],
  changes: Partial<ReviewAnnotation> = {},
): ReviewAnnotation {
  const at = new Date(Date.UTC(2030, 0, 1, 0, id)).toISOString();
  return {
    id,
    completedBy,
    result,
    wasCancelled: false,
    leadTimeSeconds: 2,
    startedFrom: null,
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

/** Each person's truth in turn, or a skip. */
function task(scheme: LabelScheme, said: readonly (Truth | 'skip')[]): ReviewedTask {
  const { resultOf } = answersOf(scheme);
  const annotations = said.map((one, index) =>
    one === 'skip'
      ? annotation(index + 1, index + 1, [], { wasCancelled: true })
      : annotation(index + 1, index + 1, resultOf({ path: 'a.png', truth: one })),
  );
  return { key: 'a.png', imageUrl: 'x', taskId: 1, people: 2, predictions: 0, annotations };
}

function standing(scheme: LabelScheme, said: readonly (Truth | 'skip')[], rule = two, verdict?: Verdict) {
  const answers = answersOf(scheme);
  const { state, answer } = standingAnswer(task(scheme, said), project, { answers, rule, verdict });
  return { state, answer, truth: answer && answers.truthOf(answer.result, 'It') };
}

const [cat, dog, cow] = classes.classes.map((label) => ({ label })) as [Truth, Truth, Truth];
const box = (x: number): Truth => ({
  objects: [{ label: 'tooth', shape: { kind: 'box', boxPx: [x, 0, 10, 10] } }],
  sizePx: { width: 100, height: 50 },
});

test.each<[string, (Truth | 'skip')[], OpinionRule, string, Truth | null]>([
  ['nobody has looked', [], two, 'open', null],
  ['one of two has answered, which is better than nothing', [cat], two, 'open', cat],
  ['two agree', [cat, cat], two, 'settled', cat],
  ['two differ', [cat, dog], two, 'disputed', null],
  ['the third agrees with one of them', [cat, dog, dog], two, 'settled', dog],
  ['the third agrees with one of them, though there is a judge', [cat, dog, dog], judged, 'settled', dog],
  ['three differ, and nobody decides: the last', [cat, dog, cow], two, 'settled', cow],
  ['three differ, and somebody decides', [cat, dog, cow], judged, 'undecided', null],
  ['two differ, and nobody more is asked', [cat, dog], { ...two, further: 0 }, 'settled', dog],
  ['two differ, and the judge is asked at once', [cat, dog], { ...judged, further: 0 }, 'undecided', null],
  ['two of three differ, and the third has not looked', [cat, dog], { ...two, annotators: 3 }, 'open', null],
  ['two of three agree: the third is asked as well', [cat, cat], { ...two, annotators: 3 }, 'open', cat],
  [
    'a majority of four ends it, though five may be asked',
    [cat, dog, dog, dog],
    { ...two, further: 3 },
    'settled',
    dog,
  ],
  ['both skip', ['skip', 'skip'], two, 'skipped', null],
  ['one answers and one skips', ['skip', cat], two, 'settled', cat],
  ['two differ and the third skips', [cat, dog, 'skip'], judged, 'undecided', null],
])('where %s', (_, said, rule, state, truth) => {
  expect(standing(classes, said, rule)).toMatchObject({ state, truth });
});

test('boxes that overlap enough agree, and are averaged; else one more is asked', () => {
  // 10 × 10, 1 apart: 90 of 110 pixels.
  expect(standing(boxes, [box(0), box(1)])).toMatchObject({ state: 'settled', truth: box(0.5) });
  // 2 apart: 80 of 120, below 0.7.
  expect(standing(boxes, [box(0), box(2)])).toMatchObject({ state: 'disputed', truth: null });
  // The third is near to the first: all three are one object, in the mean.
  expect(standing(boxes, [box(0), box(2), box(1)])).toMatchObject({ state: 'settled', truth: box(1) });
});

test('three who draw apart do not say together that there is nothing: the one nearest to the others counts', () => {
  expect(standing(boxes, [box(0), box(50), box(20)])).toMatchObject({ state: 'settled', truth: box(20) });
  expect(standing(boxes, [box(0), box(50)], judged)).toMatchObject({ state: 'disputed', truth: null });
  const nothing: Truth = { objects: [], sizePx: null };
  expect(standing(boxes, [nothing, box(0), nothing])).toMatchObject({
    state: 'settled',
    truth: { objects: [] },
  });
});

test('outlines become the pixels that most have, as an outline again', () => {
  const outlines: LabelScheme = { task: 'segmentation', classes: ['tooth'] };
  const sizePx = { width: 40, height: 20 };
  const outline = (x: number, y: number): Truth => ({
    objects: [
      {
        label: 'tooth',
        shape: { kind: 'polygon', ringsPx: [[x, y, x + 20, y, x + 20, y + 10, x, y + 10]] },
      },
    ],
    sizePx,
  });
  // 20 × 10, 1 apart: 190 of 210 pixels; both have the columns 3 to 21.
  const { state, truth } = standing(outlines, [outline(2, 4), outline(3, 4)]);
  expect(state).toBe('settled');
  const [object] = truth && 'objects' in truth ? truth.objects : [];
  const { counts } = pixelsOf(object!, sizePx);
  const columns = Array.from({ length: 19 }, (_, index) =>
    index === 0 ? [3 * 20 + 4, 10] : [10, 10],
  ).flat();
  expect(counts).toEqual([...columns, 40 * 20 - columns.reduce((sum, run) => sum + run, 0)]);
});

test('what several say names all answers as its source, and keeps them', () => {
  const { answer } = standing(classes, [cat, dog, dog]);
  expect(answer?.source).toBe(
    '7/3@2030-01-01T00:03:00.000Z,1@2030-01-01T00:01:00.000Z,2@2030-01-01T00:02:00.000Z',
  );
  expect(answer?.originals?.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(answer?.completedBy).toBeUndefined();
});

test("the judge's verdict is final, whatever the others say afterwards", () => {
  const result = answersOf(classes).resultOf({ path: 'a.png', truth: cow });
  const ofJudge = annotation(50, 4, result);
  const verdict = { projectId: 9, taskId: 1, annotation: ofJudge, annotations: [ofJudge] };
  for (const said of [
    [cat, dog, cow],
    [cat, cat],
  ]) {
    const { state, truth, answer } = standing(classes, said, judged, verdict);
    expect({ state, truth }).toEqual({ state: 'settled', truth: cow });
    expect(answer).toMatchObject({ source: '9/50@2030-01-01T00:50:00.000Z', completedBy: 4 });
    expect(answer?.originals).toHaveLength(said.length);
  }
});

test('of one person the newest answer counts, and a skip after it takes nothing away', () => {
  const answers = answersOf(classes);
  const { resultOf } = answers;
  const annotations = [
    annotation(1, 1, resultOf({ path: 'a.png', truth: cat })),
    annotation(2, 1, resultOf({ path: 'a.png', truth: dog })),
    annotation(3, 1, [], { wasCancelled: true }),
  ];
  const asked = { ...task(classes, []), annotations };
  expect(standingAnswer(asked, project, { answers, rule: two })).toMatchObject({
    state: 'open',
    answer: { id: 2, source: '7/2@2030-01-01T00:02:00.000Z' },
  });
});

test('an answer of an unknown class is told, and waited for', () => {
  const answers = answersOf(classes);
  const strange = answersOf({ task: 'classification', classes: ['cow', 'emu'] });
  const { annotations } = task(classes, [cat]);
  const emu = annotation(2, 2, strange.resultOf({ path: 'a.png', truth: { label: 'emu' } }));
  const asked = { ...task(classes, []), annotations: [...annotations, emu] };
  const { state, refused } = standingAnswer(asked, project, { answers, rule: two });
  expect(state).toBe('open');
  expect(refused).toEqual([
    'Annotation 2 of task 1 in Label Studio project 7 names the class "emu"; the loop knows "cat", "dog", "cow".',
  ]);
});

test('without a rule the newest answer counts, whoever gave it', () => {
  const answers = answersOf(classes);
  const { state, answer } = standingAnswer(task(classes, [cat, dog]), project, { answers });
  expect({ state, id: answer?.id }).toEqual({ state: 'settled', id: 2 });
});

test('the seed and the path decide who is asked twice, in the share that is wanted', () => {
  const paths = Array.from({ length: 2000 }, (_, index) => `${index}.png`);
  const asked = (seed: number) => paths.map((path) => peopleAsked(path, { ...two, share: 0.25, seed }));
  const twice = asked(1).filter((people) => people === 2).length;
  // Of 2000 at 0.25: 500, with a standard deviation of 19.
  expect(Math.abs(twice - 500)).toBeLessThan(80);
  expect(asked(1)).toEqual(asked(1));
  expect(asked(2)).not.toEqual(asked(1));
  expect(peopleAsked('a.png', undefined)).toBe(1);
});
