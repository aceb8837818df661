import type { ImageObject } from '../../../core/formats/annotated-image.ts';
import { editDistance } from '../../../core/pre-annotation/edit-distance.ts';

const sizePx = { width: 100, height: 50 };

function box(x: number, label = 'tooth', sidePx = 10): ImageObject {
  return { label, shape: { kind: 'box', boxPx: [x, 0, sidePx, sidePx] } };
}

function outline(x: number): ImageObject {
  return { label: 'tooth', shape: { kind: 'polygon', ringsPx: [[x, 0, x + 4, 0, x + 4, 4, x, 4]] } };
}

function distance(suggested: ImageObject[], answered: ImageObject[]): number {
  return editDistance({ objects: suggested, sizePx }, { objects: answered, sizePx });
}

test('a class is kept or changed', () => {
  expect(editDistance({ label: 'cat' }, { label: 'cat' })).toBe(0);
  expect(editDistance({ label: 'cat' }, { label: 'dog' })).toBe(1);
});

// By hand: boxes of 10 × 10 that are 5 apart share 50 of 150 pixels, outlines of 4 × 4 that are 2 apart 8 of 24.
test.each([
  ['nothing is changed', [box(0), box(20, 'crown')], [box(20, 'crown'), box(0)], 0],
  ['a box is moved by half its width', [box(0)], [box(5)], 2 / 3],
  ['an outline is moved by half its width', [outline(0)], [outline(2)], 2 / 3],
  ['a box is renamed', [box(0)], [box(0, 'crown')], 1],
  ['a box is moved and renamed', [box(0)], [box(5, 'crown')], 1],
  ['a box is deleted', [box(0), box(20)], [box(0)], 1],
  ['a box is added', [box(0)], [box(0), box(20)], 1],
  ['all are deleted', [box(0), box(20)], [], 2],
  [
    'one is kept, one moved, one deleted, one added',
    [box(0), box(20), box(40)],
    [box(0), box(25), box(60)],
    8 / 3,
  ],
  ['a moved box has two neighbours', [box(0), box(8)], [box(1)], 1 + (1 - 90 / 110)],
  ['one of two boxes in one place has the class', [box(0, 'crown')], [box(0), box(0, 'crown')], 1],
])('the distance where %s', (_, suggested, answered, expected) => {
  expect(distance(suggested, answered)).toBeCloseTo(expected, 12);
});

test('an answer without objects is as far as there were suggestions, whatever it tells of the size', () => {
  expect(editDistance({ objects: [box(0)], sizePx }, { objects: [], sizePx: null })).toBe(1);
  expect(editDistance({ objects: [], sizePx: null }, { objects: [], sizePx: null })).toBe(0);
});
