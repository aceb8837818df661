import type { BatchChoice } from './selection-record.ts';

/** Where a batch differs from its record, in a sentence; null when both name the same images, places and reasons. */
export function firstDifference(recorded: BatchChoice, again: BatchChoice): string | null {
  const places = Math.max(recorded.chosen.length, again.chosen.length);
  for (let place = 0; place < places; place++) {
    const [was, is] = [recorded.chosen[place], again.chosen[place]];
    if (was?.path !== is?.path)
      return `Place ${place + 1} is ${named(was?.path)} in the record, and ${named(is?.path)} when chosen again.`;
  }
  for (let place = 0; place < places; place++) {
    const [was, is] = [recorded.chosen[place], again.chosen[place]].map((row) => JSON.stringify(row));
    if (was !== is)
      return `Place ${place + 1} holds the same image, but the record says ${was ?? ''}, and choosing again ${is ?? ''}.`;
  }
  return null;
}

function named(path: string | undefined): string {
  return path === undefined ? 'nobody' : `"${path}"`;
}
