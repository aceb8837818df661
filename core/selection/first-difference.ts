import type { BatchChoice, RecordedRow } from './selection-record.ts';

/** Where a batch differs from its record, in a sentence; null when both name the same images, places and reasons. */
export function firstDifference(recorded: BatchChoice, again: BatchChoice): string | null {
  const places = Math.max(recorded.chosen.length, again.chosen.length);
  for (let place = 0; place < places; place++) {
    const [was, is] = [recorded.chosen[place], again.chosen[place]];
    if (was?.path !== is?.path)
      return `Place ${place + 1} is ${named(was?.path)} in the record, and ${named(is?.path)} when chosen again.`;
  }
  for (let place = 0; place < places; place++) {
    const [was, is] = [recorded.chosen[place], again.chosen[place]].map(textOf);
    if (was !== is)
      return `Place ${place + 1} holds the same image, but the record says ${was ?? ''}, and choosing again ${is ?? ''}.`;
  }
  return null;
}

/** Without the cluster, which records of old have not: it follows from the images and their vectors. */
function textOf(row: RecordedRow | undefined): string | undefined {
  return row && JSON.stringify({ ...row, cluster: undefined });
}

function named(path: string | undefined): string {
  return path === undefined ? 'nobody' : `"${path}"`;
}
