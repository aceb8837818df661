import type { ChaosResult } from './run-chaos.ts';

/** Counts by fault, and what was found, in Markdown. */
export function chaosReport({
  moments,
  findings,
  verdict,
  histories,
  hits,
  workerStarts,
  seconds,
}: ChaosResult): string {
  const targets = new Map<string, Map<string, number>>();
  for (const { fault, target } of moments) {
    const counts = targets.get(fault) ?? new Map<string, number>();
    counts.set(target, (counts.get(target) ?? 0) + 1);
    targets.set(fault, counts);
  }
  const rows = [...targets].map(([fault, counts]) => {
    const total = [...counts.values()].reduce((sum, one) => sum + one, 0);
    const of = [...counts].map(([target, count]) => `${target} ${count}`).join(', ');
    return `| ${fault} | ${total} | ${of} |`;
  });
  const { projects, tasks, predictions, runs, versions, answers, memory } = findings;
  return [
    '',
    '| fault | moments | of them |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Requests and events answered or carried wrongly: ${hits}. Workers started: ${workerStarts}. Time: ${Math.round(seconds)} s.`,
    `Found: ${projects.length} projects, ${tasks.length} tasks, ${predictions.length} predictions, ${runs.length} runs, ${versions.length} versions, ${answers.size} answers.`,
    `Histories: ${histories.runs} runs, at most ${histories.mostEvents} events and ${(histories.mostBytes / 1000).toFixed(1)} KB; replayed by both versions.`,
    `The worker's highest memory by cycle: ${memory.map((bytes) => `${Math.round(bytes / 1e6)} MB`).join(', ')}.`,
    ...verdict.complaints.map((text) => `WRONG: ${text}`),
    '',
  ].join('\n');
}

/** The verdict in one line. */
export function lastLine({ moments, findings, verdict }: ChaosResult): string {
  const { duplicates, lost, balances, complaints } = verdict;
  const double = Object.entries(duplicates).map(([what, count]) => `${count} ${what}`);
  const others = complaints.length === 0 ? 'nothing else is wrong' : `${complaints.length} complaints`;
  return `${moments.length} moments: double ${double.join(', ')}; lost ${lost.length} of ${findings.answers.size} answers; the audit ${balances ? 'balances' : 'does not balance'}; ${others}.`;
}
