/** Tag of MLflow runs and model versions; its value is a sentence. */
export const staleTag = 'labelloop.stale';

/** Of a model: how many labels that it learnt from, and of the hold-out that it was measured on, are others now. */
export function staleText({ labels, holdOut }: { labels: number; holdOut: number }): string {
  const parts = [
    ...(labels > 0 ? [`learnt from ${counted(labels, 'label')}`] : []),
    ...(holdOut > 0 ? [`was measured on ${counted(holdOut, 'hold-out label')}`] : []),
  ];
  return parts.length === 0
    ? 'no: what was corrected is as it was learnt'
    : `${parts.join(' and ')} corrected or deleted since`;
}

/** Whether a run's model learnt from labels, or was measured on such, that are others now. */
export function isStale({ [staleTag]: text }: Readonly<Record<string, string>>): boolean {
  return text !== undefined && !text.startsWith('no:');
}

/** What a person should know of models whose labels are others now, and what to do. */
export function staleSentences(cycles: readonly number[]): string[] {
  if (cycles.length === 0) return [];
  const [models, were] =
    cycles.length === 1
      ? [`The model of cycle ${cycles[0]}`, 'was']
      : [`The models of cycles ${cycles.join(', ')}`, 'were'];
  return [
    `${models} learnt from, or ${were} measured on, labels that people corrected or deleted since (MLflow tag ${staleTag}). The next cycle learns and ` +
      `measures anew; of a loop that has ended, train again what is in use: its run's stale.json names the labels.`,
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
