/** The formats of annotations that `labelloop convert` knows. */
export const formats = ['coco', 'yolo', 'label-studio'] as const;
export type Format = (typeof formats)[number];
