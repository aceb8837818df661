import path from 'node:path';
import type { ModelCard } from '../../models/card.ts';

/** Small models that Ultralytics exported, and pictures; made by `make-fixtures.py` there. */
export const fixtures = path.join(__dirname, 'runner', 'fixtures');
export const classes = ['disc', 'box', 'wedge'];
/** As Ultralytics feeds them. */
export const input = {
  dtype: 'float32',
  layout: 'NCHW',
  width: 128,
  height: 128,
  channels: 3,
  color: 'RGB',
  resize: 'letterbox',
  interpolation: 'bilinear',
  pad_value: 114,
  normalisation: 'by-host',
  scale: 1 / 255,
} as const satisfies Partial<ModelCard['input']>;
