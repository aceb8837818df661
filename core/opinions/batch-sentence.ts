import type { CycleSummary } from '../loop-state.ts';

/** How many new images and second opinions a cycle asks, in a sentence; none where it asks no second ones. */
export function batchSentence({ cycle, selected, secondOpinions = 0 }: CycleSummary): string[] {
  if (secondOpinions === 0) return [];
  return [
    `Cycle ${cycle} asks ${counted(selected - secondOpinions, 'new image')} and ${counted(secondOpinions, 'second opinion')}`,
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
