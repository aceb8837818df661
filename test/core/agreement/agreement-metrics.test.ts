import { agreementMetrics } from '../../../core/agreement/agreement-metrics.ts';

test('classes: by hand, of two who agree on two of three images', () => {
  const labels = { 'a.png': ['cat', 'cat'], 'b.png': ['dog', 'dog'], 'c.png': ['cat', 'dog'] };
  const opinions = Object.entries(labels).flatMap(([path, said]) =>
    said.map((label, person) => ({ path, annotator: String(person + 2), truth: { label } })),
  );
  const metrics = agreementMetrics(opinions, ['cat', 'dog']);
  expect(metrics).toMatchObject({ 'agreement/datapoints': 3, 'agreement/disputed_share': 1 / 3 });
  // Agreed 2/3; by chance 2/3·1/3 + 1/3·2/3 = 4/9: (2/3 − 4/9) ÷ (5/9).
  expect(metrics['agreement/pair-2-3/kappa']).toBeCloseTo(0.4, 12);
  // Of 3 + 3 labels, observed 2 unequal pairs, expected 36 − 18 = 18: 1 − 5·2 ÷ 18.
  expect(metrics['agreement/alpha']).toBeCloseTo(4 / 9, 12);
  expect(Object.keys(metrics)).toContain('agreement/annotator-3/accuracy');
});

test('objects: by hand, of two who found one in common and one apart', () => {
  const box = (x: number) => ({ label: 'tooth', shape: { kind: 'box', boxPx: [x, 0, 10, 10] } as const });
  const metrics = agreementMetrics(
    [
      { path: 'a.png', annotator: '2', truth: { objects: [box(0)], sizePx: null } },
      { path: 'a.png', annotator: '3', truth: { objects: [box(2), box(50)], sizePx: null } },
    ],
    ['tooth'],
  );
  const alike = { f1: 2 / 3, iou: 80 / 120 };
  expect(metrics).toEqual({
    'agreement/datapoints': 1,
    'agreement/f1': expect.closeTo(alike.f1, 12) as number,
    'agreement/iou': expect.closeTo(alike.iou, 12) as number,
    'agreement/pair-2-3/f1': expect.closeTo(alike.f1, 12) as number,
    'agreement/pair-2-3/iou': expect.closeTo(alike.iou, 12) as number,
  });
});

test('one opinion a datapoint tells nothing', () => {
  expect(agreementMetrics([{ path: 'a', annotator: '1', truth: { label: 'cat' } }], ['cat'])).toEqual({});
});
