/** What is on the stack's glyphs. */
export const glyphScheme = { task: 'classification', classes: ['bar', 'box', 'cross'] } as const;

/** What all loops over the stack's glyphs have in their `loop.yaml`. */
export function glyphLoop<L extends string>(loop: L) {
  return {
    loop,
    repo: 'local/labelloop',
    datasource: { path: 's3://glyphs/images' },
    ...glyphScheme,
    splits: { train: 0.7, valid: 0.1, test: 0.2 },
  };
}
