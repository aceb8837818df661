import { answersOf } from '../../../core/answers/answers.ts';
import { DomainError } from '../../../core/errors.ts';
import type { ObjectsTruth } from '../../../core/truth.ts';

const classes = ['tooth', 'root & tip'];
const sizePx = { width: 200, height: 100 };

describe('boxes', () => {
  const answers = answersOf({ task: 'detection', classes });

  test('are rectangles in percent of the image, and read back in pixels', () => {
    const truth: ObjectsTruth = {
      sizePx,
      objects: [{ label: 'tooth', score: 0.75, shape: { kind: 'box', boxPx: [20, 10, 50, 40] } }],
    };
    const result = answers.resultOf({ path: 'a.png', truth });
    expect(result).toMatchObject([
      {
        type: 'rectanglelabels',
        from_name: 'label',
        to_name: 'image',
        original_width: 200,
        score: 0.75,
        value: { x: 10, y: 10, width: 25, height: 40, rectanglelabels: ['tooth'] },
      },
    ]);
    expect(answers.truthOf(result, 'x')).toEqual(truth);
    expect(answers.resultOf({ path: 'a.png', truth })).toEqual(result);
  });

  test('are taken of any shape that people draw', () => {
    const polygons = answersOf({ task: 'segmentation', classes });
    const shape = { kind: 'polygon' as const, ringsPx: [[10, 10, 30, 10, 30, 50]] };
    const drawn = polygons.resultOf({ path: 'a', truth: { sizePx, objects: [{ label: 'tooth', shape }] } });
    expect(answers.truthOf(drawn, 'x')).toEqual({
      sizePx,
      objects: [{ label: 'tooth', shape: { kind: 'box', boxPx: [10, 10, 20, 40] } }],
    });
  });

  test('an empty answer says that there is nothing', () => {
    expect(answers.isAnswer([])).toBe(true);
    expect(answers.truthOf([], 'x')).toEqual({ objects: [], sizePx: null });
    expect(answers.resultOf({ path: 'a', truth: { objects: [], sizePx } })).toEqual([]);
  });

  test('a class that the loop does not have names the annotation and the class', () => {
    const others = answersOf({ task: 'detection', classes: ['bone'] });
    const truth = {
      sizePx,
      objects: [{ label: 'bone', shape: { kind: 'box' as const, boxPx: [1, 1, 5, 5] as const } }],
    };
    expect(() => answers.truthOf(others.resultOf({ path: 'a', truth }), 'Annotation 7')).toThrow(
      new DomainError('Annotation 7 names the class "bone"; the loop knows "tooth", "root & tip".'),
    );
  });
});

test('outlines are polygons; a mask becomes its outline, with its hole joined in', () => {
  const answers = answersOf({ task: 'segmentation', classes });
  const mask = { width: 4, height: 3, counts: [3, 3, 1, 3, 2] };
  const truth = {
    sizePx: { width: 4, height: 3 },
    objects: [{ label: 'tooth', shape: { kind: 'mask' as const, mask } }],
  };
  const [item] = answers.resultOf({ path: 'a', truth });
  expect(item).toMatchObject({ type: 'polygonlabels', value: { polygonlabels: ['tooth'], closed: true } });
});

describe('the labelling config', () => {
  test.each(['detection', 'segmentation'] as const)('is made for %s, and takes odd class names', (task) => {
    const { labelConfig } = answersOf({ task, classes });
    expect(labelConfig).toContain('root &amp; tip');
    expect(answersOf({ task, classes, labelConfig }).labelConfig).toBe(labelConfig);
  });

  test('may name its controls as it likes', () => {
    const labelConfig = `<View><Image name="xray" value="$image"/><RectangleLabels name="what" toName="xray">
      <Label value="tooth"/><Label value="root &amp; tip"/></RectangleLabels></View>`;
    const truth = {
      sizePx,
      objects: [{ label: 'tooth', shape: { kind: 'box' as const, boxPx: [1, 1, 5, 5] as const } }],
    };
    expect(
      answersOf({ task: 'detection', classes, labelConfig }).resultOf({ path: 'a', truth }),
    ).toMatchObject([{ from_name: 'what', to_name: 'xray' }]);
  });

  test.each([
    [
      '<View><Image name="i" value="$image"/></View>',
      'review.labelConfig has no <RectangleLabels> whose toName is an <Image value="$image">; detection needs one.',
    ],
    [
      '<View><Image name="i" value="$image"/><RectangleLabels name="l" toName="i"><Label value="tooth"/></RectangleLabels></View>',
      'review.labelConfig: <RectangleLabels name="l"> misses "root & tip"; add a <Label> for each class.',
    ],
  ])('without a control or a class is refused', (labelConfig, message) => {
    expect(() => answersOf({ task: 'detection', classes, labelConfig })).toThrow(new DomainError(message));
  });
});
