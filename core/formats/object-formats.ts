/** The formats of objects on images. */
export const objectFormats = ['coco', 'yolo', 'label-studio'] as const;
export type ObjectFormat = (typeof objectFormats)[number];
