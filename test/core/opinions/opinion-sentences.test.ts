import { opinionSentences } from '../../../core/opinions/opinion-sentences.ts';

test('tells whom each review waits for, and nothing where nobody more is asked', () => {
  expect(
    opinionSentences([
      { title: 'teeth cycle 1 batch' },
      { title: 'teeth cycle 2 batch', begun: 3, disputed: 1, undecided: 2 },
    ]),
  ).toEqual([
    'teeth cycle 2 batch: 3 tasks answered by some of the people asked, and open for others',
    'teeth cycle 2 batch: people differ on 1 task; somebody else who opens the project is asked as well',
    "teeth cycle 2 batch: people still differ on 2 tasks; the adjudicator decides in the cycle's verdicts",
  ]);
});
