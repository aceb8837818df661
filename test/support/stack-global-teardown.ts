/** Jest looks for a default export. */
// eslint-disable-next-line import-x/no-default-export
export default async function stackGlobalTeardown(): Promise<void> {
  await globalThis.stopTestStack?.();
}
