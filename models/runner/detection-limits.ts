import type { ModelOutput } from '../card.ts';

/** Which of a model's boxes are told, with the card's defaults: those of Ultralytics where it measures. */
export function detectionLimits(output: ModelOutput): {
  scoreThreshold: number;
  iouThreshold: number;
  max: number;
} {
  const { score_threshold, iou_threshold, max_detections } = output;
  return {
    scoreThreshold: score_threshold ?? 0.001,
    iouThreshold: iou_threshold ?? 0.7,
    max: max_detections ?? 300,
  };
}
