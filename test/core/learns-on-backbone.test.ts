import { fileInMlflow } from '../../core/file-in-mlflow.ts';
import { learnsOnBackbone } from '../../core/learns-on-backbone.ts';

const photo = { width: 224, height: 224, channels: 3 } as const;
const tiny = { width: 64, height: 63, channels: 1 } as const;
const onnx = 'resnet.onnx';

test.each([
  ['no backbone is named', { input: photo }, 1, false],
  ['photos, however many labels there are', { input: photo, backbone: { onnx } }, 100_000, true],
  ['tiny images with fewer than 40 labels a class', { input: tiny, backbone: { onnx } }, 119, true],
  ['tiny images with 40 labels a class', { input: tiny, backbone: { onnx } }, 120, false],
  ['as many labels as maxLabels', { input: tiny, backbone: { onnx, maxLabels: 500 } }, 500, true],
  ['more labels than maxLabels', { input: photo, backbone: { onnx, maxLabels: 500 } }, 501, false],
])('a head is learnt or not: %s', (_, training, trainLabels, learns) => {
  expect(learnsOnBackbone(training, { trainLabels, classes: 3 })).toBe(learns);
});

test.each([
  ['runs:/1a2b/model/model.onnx', { runId: '1a2b', path: 'model/model.onnx' }],
  ['models:/teeth/3', { name: 'teeth', version: '3' }],
  ['models:/teeth@champion', { name: 'teeth', alias: 'champion' }],
  ['models:/teeth/Production', null],
  ['runs:/1a2b', null],
  ['/models/resnet.onnx', null],
])('%s names a file in MLflow, or none', (uri, place) => {
  expect(fileInMlflow(uri)).toEqual(place);
});
