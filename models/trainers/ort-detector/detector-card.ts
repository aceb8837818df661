import type { AnswerCard } from '../../card.ts';
import { padValue } from './augment.ts';
import type { NetworkShape } from './network.ts';

/** What the card tells the runner: so low a score that average precision sees the whole curve. */
export const thresholds = { score: 0.001, iou: 0.7 };

/** How the model of a network is fed and read. */
export function detectorCard({ input, prototypes }: NetworkShape): Pick<AnswerCard, 'input' | 'output'> {
  return {
    input: {
      name: 'images',
      dtype: 'uint8',
      layout: 'NHWC',
      ...input,
      color: input.channels === 1 ? 'GRAY' : 'RGB',
      resize: 'letterbox',
      pad_value: padValue,
      normalisation: 'in-graph',
    },
    output: {
      ...(prototypes > 0
        ? { kind: 'yolo-seg', names: ['output0', 'output1'] }
        : { kind: 'yolo-detect', names: ['output0'] }),
      box_format: 'cxcywh-pixels',
      scores: 'probability',
      nms: 'none',
      score_threshold: thresholds.score,
      iou_threshold: thresholds.iou,
    },
  };
}
