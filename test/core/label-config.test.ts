import { answersOf } from '../../core/answers/answers.ts';
import { DomainError } from '../../core/errors.ts';
import { assertAsksForClasses, controlOf } from '../../core/label-config.ts';
import { choiceResult } from '../../core/results.ts';

const classes = ['tooth', 'crown'];

/** As a project of people has it: the classes are asked for by the second of two controls of their tag. */
function config(tag: string, label: string, second: readonly string[] = classes): string {
  const labels = (values: readonly string[]) =>
    values.map((value) => `<${label} value="${value}"/>`).join('');
  return `<View>
    <Header value="Look twice"/>
    <Image name="xray" value="$image"/>
    <${tag} name="quality" toName="xray">${labels(['sharp', 'blurred'])}</${tag}>
    <${tag} name="what" toName="xray">${labels(second)}</${tag}>
    <TextArea name="remark" toName="xray"/>
  </View>`;
}

test.each([
  ['classification', 'Choices', 'Choice'],
  ['detection', 'RectangleLabels', 'Label'],
  ['segmentation', 'PolygonLabels', 'Label'],
] as const)(
  'of two controls for %s the one with the classes is taken, whatever its name',
  (task, tag, label) => {
    expect(controlOf(config(tag, label), { task, classes })).toMatchObject({
      type: tag,
      name: 'what',
      toName: 'xray',
      labels: classes,
      others: new Set(['quality', 'remark']),
    });
  },
);

test('what people answer beside the classes is no answer to the loop', () => {
  const answers = answersOf({ task: 'classification', classes, labelConfig: config('Choices', 'Choice') });
  const item = (fromName: string, label: string) =>
    choiceResult({ fromName, toName: 'xray', label, key: 'a' });
  const both = [...item('quality', 'blurred'), ...item('what', 'crown')];
  expect(answers.truthOf(both, 'x')).toEqual({ label: 'crown' });
  expect(answers.isAnswer(item('quality', 'blurred'))).toBe(false);

  const boxes = answersOf({ task: 'detection', classes, labelConfig: config('RectangleLabels', 'Label') });
  const box = (fromName: string, label: string, x: number) => ({
    type: 'rectanglelabels',
    from_name: fromName,
    to_name: 'xray',
    original_width: 100,
    original_height: 50,
    value: { x, y: 10, width: 20, height: 40, rotation: 0, rectanglelabels: [label] },
  });
  expect(boxes.truthOf([box('quality', 'blurred', 5), box('what', 'crown', 60)], 'x')).toEqual({
    sizePx: { width: 100, height: 50 },
    objects: [{ label: 'crown', shape: { kind: 'box', boxPx: [60, 5, 20, 20] } }],
  });
});

test.each([
  [
    'misses a class',
    config('RectangleLabels', 'Label', ['tooth']),
    'Here: <RectangleLabels name="quality"> misses "tooth", "crown"; add a <Label> for each class.',
  ],
  [
    'offers what is no class',
    config('RectangleLabels', 'Label', ['tooth', 'bridge', 'crown']),
    'Here: <RectangleLabels name="what"> offers "bridge", of which the loop knows nothing; take that out, or name it in classes.',
  ],
  [
    'has another kind of control',
    config('PolygonLabels', 'Label'),
    'Here has no <RectangleLabels> whose toName is an <Image value="$image">; detection needs one.',
  ],
  ['is no XML', '<View>', "Here is no XML: Unclosed tag 'View'."],
])('a config that %s cannot ask for the classes', (_, labelConfig, message) => {
  const check = () => assertAsksForClasses(labelConfig, { task: 'detection', classes }, 'Here');
  expect(check).toThrow(DomainError);
  expect(check).toThrow(message);
});

test('one that asks for just the classes can', () => {
  expect(() =>
    assertAsksForClasses(config('RectangleLabels', 'Label'), { task: 'detection', classes }),
  ).not.toThrow();
});
