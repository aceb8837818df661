/**
 * What people made of a model's suggestions, in a sentence for the status. Null where nobody began from one.
 *
 * @param metrics - By {@link reviewMetrics}.
 */
export function suggestionText(metrics: Readonly<Record<string, number>>): string | null {
  const shown = groupText('review', metrics);
  if (shown === null) return null;
  const blind = groupText('review/blind', metrics);
  const { 'review/pull': pull, 'review/pull_low': low, 'review/pull_high': high } = metrics;
  return [
    `Suggestions: ${shown} sent as suggested`,
    ...(blind === null ? [] : [`${blind} the same unseen`]),
    ...(pull === undefined || low === undefined || high === undefined
      ? []
      : [`a pull of ${pull.toFixed(2)} (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`]),
  ].join('; ');
}

function groupText(prefix: string, metrics: Readonly<Record<string, number>>): string | null {
  const { [`${prefix}/answers`]: answers, [`${prefix}/accepted_share`]: share } = metrics;
  const { [`${prefix}/lead_seconds`]: seconds, [`${prefix}/edit_distance`]: distance } = metrics;
  if (answers === undefined || share === undefined || distance === undefined) return null;
  const about = [
    `edit distance ${distance.toFixed(2)}`,
    ...(seconds === undefined ? [] : [`${seconds.toFixed(0)} s each`]),
  ];
  return `${(100 * share).toFixed(0)} % of ${answers} answers (${about.join(', ')})`;
}
