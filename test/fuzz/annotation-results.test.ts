import fc from 'fast-check';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import { DomainError } from '../../core/errors.ts';
import { reviewedTaskSchema } from '../../services/label-studio/reviewed-task.ts';
import { changedJson } from './changed-json.ts';
import { fuzzOptions, fuzzTimeoutMs } from './fuzz-options.ts';

const classes = ['sound', 'caries'];
const [width, height] = [640, 480];
const size = { original_width: width, original_height: height, image_rotation: 0 };
const names = { from_name: 'label', to_name: 'image' };
const box = { x: 10, y: 10, width: 20, height: 30, rotation: 0, rectanglelabels: ['caries'] };
const points = [
  [10, 10],
  [40, 10],
  [30, 50],
];
const results = {
  classification: [{ id: 'c', type: 'choices', ...names, value: { choices: ['sound'] } }],
  detection: [
    { id: 'a', type: 'rectanglelabels', ...names, ...size, score: 0.5, value: box },
    { id: 'b', type: 'rectanglelabels', ...names, ...size, value: { ...box, rotation: 30 } },
  ],
  segmentation: [
    { id: 'p', type: 'polygonlabels', ...names, ...size, value: { points, polygonlabels: ['sound'] } },
    {
      id: 'q',
      parentID: 'p',
      type: 'polygonlabels',
      ...names,
      ...size,
      value: { points, polygonlabels: ['sound'] },
    },
    {
      id: 'r',
      type: 'brushlabels',
      ...names,
      ...size,
      value: { format: 'rle', rle: [0, 0, 0, 8], brushlabels: ['sound'] },
    },
  ],
};

describe.each(['classification', 'detection', 'segmentation'] as const)('of a %s', (task) => {
  const scheme: LabelScheme = { task, classes };
  const reviewed = {
    id: 3,
    data: { image: '/raw/a.png', al_key: 'a.png' },
    annotations: [
      {
        id: 9,
        result: results[task],
        was_cancelled: false,
        completed_by: { id: 2 },
        lead_time: 4.5,
        created_at: '2026-11-25T10:00:00.000000Z',
        updated_at: '2026-11-25T10:01:00.000000Z',
      },
    ],
  };

  test(
    'any task that Label Studio lists is read, or refused with a sentence, and what is read lies inside the image',
    () => {
      const answers = answersOf(scheme);
      const seen = { refusedByShape: 0, refused: 0, read: 0 };
      fc.assert(
        fc.property(changedJson(reviewed), (changed) => {
          const parsed = reviewedTaskSchema.safeParse(changed);
          if (!parsed.success) {
            seen.refusedByShape += 1;
            return;
          }
          for (const { result } of parsed.data.annotations) {
            try {
              expectInside(answers.truthOf(result, 'annotation 9 of task 3'));
              seen.read += 1;
            } catch (error) {
              if (!(error instanceof DomainError)) throw error;
              seen.refused += 1;
              expect(error.message).toMatch(/^annotation 9 of task 3\b.*\.$/s);
              expect(error.message.length).toBeLessThan(1000);
            }
          }
        }),
        fuzzOptions,
      );
      expect(Math.min(seen.read, seen.refused, seen.refusedByShape)).toBeGreaterThan(10);
    },
    fuzzTimeoutMs,
  );
});

function expectInside(truth: ReturnType<ReturnType<typeof answersOf>['truthOf']>): void {
  if ('label' in truth) {
    expect(classes).toContain(truth.label);
    return;
  }
  for (const { label, shape } of truth.objects) {
    expect(classes).toContain(label);
    const { width: w, height: h } = truth.sizePx ?? { width: 0, height: 0 };
    const numbers = shape.kind === 'box' ? [shape.boxPx] : shape.kind === 'polygon' ? shape.ringsPx : [];
    for (const ring of numbers)
      for (const [index, value] of ring.entries()) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(index % 2 === 0 ? w : h);
      }
  }
}
