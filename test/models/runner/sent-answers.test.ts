import { receivedAnswers, sentAnswers } from '../../../models/runner/sent-answers.ts';
import type { Answer } from '../../../models/runner/thread-messages.ts';

const answers: Answer[] = [
  { id: 'a', probabilities: [0.1, 0.9], embedding: Float32Array.of(1, 2) },
  { id: 'b', unreadable: 'no image' },
  {
    id: 'c',
    probabilities: [1 / 3, 2 / 3],
    draws: [
      [0, 1],
      [2 / 3, 1 / 3],
    ],
  },
  { id: 'd', widthPx: 4, heightPx: 3, detections: [] },
];

test('answers of every kind come back as they were told, to the last bit', () => {
  expect(receivedAnswers(structuredClone(sentAnswers(answers)))).toEqual(answers);
});

test('all probabilities of a batch travel in one buffer', () => {
  const sent = sentAnswers(answers).flatMap((one) => ('probabilities' in one ? [one] : []));
  const views = sent.flatMap(({ probabilities, draws = [] }) => [probabilities, ...draws]);
  expect(views).toHaveLength(4);
  expect(new Set(views.map(({ buffer }) => buffer)).size).toBe(1);
});
