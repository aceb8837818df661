import type { Arm } from './learning-curve.ts';

/** The learning curves as text: a row a number of labels, a column an arm. */
export function learningTable(arms: readonly Arm[]): string {
  const labels = [...new Set(arms.flatMap(({ history }) => history.map((one) => one.trainLabels)))].sort(
    (a, b) => a - b,
  );
  const width = 24;
  const head = 'labels'.padStart(7) + arms.map(({ name }) => name.padStart(width)).join('');
  const rows = labels.map((count) => {
    const cells = arms.map(({ history }) => {
      const at = history.find(({ trainLabels }) => trainLabels === count);
      if (!at) return ''.padStart(width);
      const { value, low, high } = at.metric;
      return `${value.toFixed(3)} (${low.toFixed(2)}–${high.toFixed(2)})`.padStart(width);
    });
    return String(count).padStart(7) + cells.join('');
  });
  return [head, ...rows].join('\n');
}
