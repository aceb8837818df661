/** What inference may compute on: names of ONNX Runtime's execution providers. */
export const inferDevices = ['cpu', 'cuda', 'dml', 'coreml'] as const;
export type InferDevice = (typeof inferDevices)[number];
