import { enrichedSentences } from '../../core/enriched-images.ts';

test('tells the shares of the splits, and nothing of what is as it should be', () => {
  const images = { splits: { train: 1258, valid: 179, test: 360 }, ungrouped: 0, foreign: 0 };
  expect(enrichedSentences(images)).toEqual([
    'Images: 1258 train (70.0 %), 179 valid (10.0 %), 360 test (20.0 %)',
  ]);
});

test('tells who is in no split, which imported rows match no image, and which objects cannot be drawn', () => {
  const faults = {
    skipped: 2,
    clipped: 1,
    examples: ['coco.json: annotations[7]: its width is 0; left out'],
  };
  const imported = { imported: 9, kept: 1, unmatched: 2, unmatchedExamples: ['a.png', 'b.png'], faults };
  const images = { splits: { train: 0, valid: 0, test: 0 }, ungrouped: 12, foreign: 3, imported };
  expect(enrichedSentences(images)).toEqual([
    'Images: 0 train (0 %), 0 valid (0 %), 0 test (0 %)',
    'Images in no split, since they lack the field of splits.by: 12',
    'Images whose split is none of train, valid, test, and which are left alone: 3',
    'Annotations imported: 9; images that had one already and keep it: 1',
    'Imported rows that match no image: 2, such as a.png, b.png',
    'Imported objects left out: 2, cut at the edge of their image: 1',
    'coco.json: annotations[7]: its width is 0; left out',
  ]);
});
