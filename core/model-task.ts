/** What a model does with an image: names its class, finds objects as boxes, or finds them as outlines. */
export const modelTasks = ['classification', 'detection', 'segmentation'] as const;
export type ModelTask = (typeof modelTasks)[number];
