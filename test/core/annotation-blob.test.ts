import { annotationBlob, predictionBlob, resultOfBlob } from '../../core/annotation-blob.ts';
import { DomainError } from '../../core/errors.ts';

const result = [{ type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['cat'] } }];
const imageUrl = 'https://dagshub.invalid/a.png';

function json(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

test('an annotation blob is the Label Studio task that DagsHub stores', () => {
  const annotation = {
    id: 7,
    result,
    wasCancelled: false,
    completedBy: 3,
    leadTimeSeconds: 1.5,
    startedFrom: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-02T00:00:00Z',
  };
  const blob = annotationBlob({ imageUrl, annotation });
  expect(json(blob)).toEqual({
    data: { image: imageUrl },
    annotations: [
      {
        id: 7,
        result,
        completed_by: 3,
        was_cancelled: false,
        lead_time: 1.5,
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-02T00:00:00Z',
      },
    ],
  });
  expect(resultOfBlob(blob, 'it')).toEqual(result);
});

test('a prediction blob has the shape of the recipe', () => {
  const blob = predictionBlob({ imageUrl, result, score: 0.25, modelVersion: 'run-1' });
  expect(json(blob)).toEqual({
    data: { image: imageUrl },
    prediction: [{ result, score: 0.25, model_version: 'run-1' }],
  });
  expect(resultOfBlob(blob, 'it')).toEqual(result);
});

test('the same answer gives the same bytes', () => {
  expect(annotationBlob({ imageUrl, annotation: { result } })).toEqual(
    annotationBlob({ imageUrl, annotation: { result } }),
  );
});

test('reads the shape of Label Studio imports too', () => {
  expect(resultOfBlob(bytes({ data: {}, predictions: [{ result }] }), 'it')).toEqual(result);
});

test('of several annotations the last that was not skipped counts', () => {
  const other = [{ ...result[0], value: { choices: ['dog'] } }];
  const annotations = [{ result: other }, { result }, { result: [], was_cancelled: true }];
  expect(resultOfBlob(bytes({ data: {}, annotations }), 'it')).toEqual(result);
});

test.each([
  ['no JSON', 'The annotation of "a.png" is no JSON'],
  [{ data: {} }, 'The annotation of "a.png" holds neither "annotations" nor "prediction"'],
  [{ annotations: [] }, 'holds neither'],
  [{ annotations: [{ result: 'cat' }] }, 'holds neither'],
])('refuses %j, naming what it is', (value, message) => {
  expect(() => resultOfBlob(bytes(value), 'The annotation of "a.png"')).toThrow(DomainError);
  expect(() => resultOfBlob(bytes(value), 'The annotation of "a.png"')).toThrow(message);
});
