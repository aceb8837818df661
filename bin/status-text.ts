import type { ListedLoop } from '../client/list-loops.ts';
import type { LoopReport } from '../client/loop-status.ts';
import { armText } from '../core/arm-gain.ts';
import { championText } from '../core/evaluation/champion-text.ts';
import type { CycleSummary } from '../core/loop-state.ts';
import { enrichedSentences } from '../core/enriched-images.ts';
import { batchSentence } from '../core/opinions/batch-sentence.ts';
import { opinionSentences } from '../core/opinions/opinion-sentences.ts';
import { refusedSentences } from '../core/refused-sentences.ts';
import { staleSentences } from '../core/stale.ts';
import { minuteOf } from './minute-of.ts';
import { table } from './table.ts';
import { waitsText } from './waits-text.ts';

/** A loop's report for a terminal. */
export function statusText(report: LoopReport): string {
  const told = report.status
    ? [...refusedSentences(report.status), ...staleSentences(report.status.stale)]
    : [];
  return [
    headline(report),
    ...waitsText(report),
    ...now(report),
    ...reviews(report),
    ...opinionSentences(report.status?.reviews ?? []),
    ...(report.status?.suggestions === undefined ? [] : [report.status.suggestions]),
    ...(report.status?.cost === undefined ? [] : [report.status.cost]),
    ...told,
    ...learningCurve(report.history),
  ].join('\n');
}

/** All loops for a terminal. */
export function loopTable(loops: readonly ListedLoop[]): string {
  if (loops.length === 0) return 'There is no loop; start one with: labelloop start loop.yaml';
  return table(
    [
      { title: 'loop' },
      { title: 'state' },
      { title: 'cycle', right: true },
      { title: 'phase' },
      { title: 'best metric', right: true },
    ],
    loops.map(({ workflowId, state, cycle, phase, bestMetric }) => [
      workflowId,
      state.toLowerCase(),
      cycle === null ? '' : String(cycle),
      phase ?? '',
      bestMetric ? bestMetric.toFixed(3) : '',
    ]),
  );
}

function headline({ workflowId, state, status, ended }: LoopReport): string {
  if (!status || state !== 'RUNNING')
    return `${workflowId}: ${state.toLowerCase()}${ended === null ? '' : `, ${ended}`}`;
  const at = `cycle ${status.cycle}, ${status.phase}`;
  return `${workflowId}: ${at}${status.paused && status.phase !== 'paused' ? ' (pausing)' : ''}`;
}

function now({ status }: LoopReport): string[] {
  if (!status) return [];
  const { images, inference, decision } = status;
  return [
    ...(decision === null ? [] : [`The loop ${decision}`]),
    ...(images ? enrichedSentences(images) : []),
    ...(inference
      ? [
          `Inference: ${inference.shardsDone} of ${inference.shards} shards, ${inference.images} images in all` +
            (inference.unreadable > 0 ? `, ${inference.unreadable} set aside` : ''),
        ]
      : []),
  ];
}

function reviews({ status }: LoopReport): string[] {
  if (!status || status.reviews.length === 0) return [];
  return [
    '',
    table(
      [
        { title: 'review' },
        { title: 'answered', right: true },
        { title: 'skipped', right: true },
        { title: 'oldest open' },
        { title: 'link' },
      ],
      status.reviews.map(({ title, answered, tasks, skipped, openSinceMs, url }) => [
        title,
        `${answered} of ${tasks}`,
        String(skipped),
        openSinceMs === undefined ? '' : minuteOf(openSinceMs),
        url,
      ]),
    ),
  ];
}

const barWidth = 30;

function learningCurve(history: readonly CycleSummary[]): string[] {
  const latest = history.at(-1);
  if (!latest) return ['', 'No model has been measured yet.'];
  const others = Object.keys(latest.others);
  return [
    '',
    table(
      [
        { title: 'cycle', right: true },
        { title: 'labels', right: true },
        { title: latest.metric.name, right: true },
        { title: '95 %' },
        { title: '0'.padEnd(barWidth - 1) + '1' },
        ...others.map((title) => ({ title, right: true })),
        { title: 'asked next', right: true },
        { title: 'model', right: true },
        { title: 'champion' },
      ],
      history.map(({ cycle, trainLabels, metric, others: values, selected, modelVersion, champion }) => [
        String(cycle),
        String(trainLabels),
        metric.value.toFixed(3),
        `${metric.low.toFixed(3)} to ${metric.high.toFixed(3)}`,
        '█'.repeat(Math.round(metric.value * barWidth)).padEnd(barWidth, '·'),
        ...others.map((name) => values[name]?.toFixed(3) ?? ''),
        String(selected),
        modelVersion === null ? '' : `v${modelVersion}`,
        champion === cycle ? 'new' : champion === null ? 'by hand' : `cycle ${champion}'s`,
      ]),
    ),
    championText(latest),
    ...setAside(latest),
    ...(latest.arm ? [armText(latest.arm)] : []),
    ...batchSentence(latest),
    `Newest run: ${latest.runUrl ?? ''}`,
  ];
}

/** Images that got no number in the newest cycle. */
function setAside({ cycle, unreadable, setAside: examples = [] }: CycleSummary): string[] {
  if (unreadable === 0) return [];
  const images = unreadable === 1 ? '1 image was' : `${unreadable} images were`;
  const all = examples.length < unreadable ? '; see pred_error in the Data Engine for all' : '';
  return [`Cycle ${cycle}: ${images} set aside${all}`, ...examples.map((example) => `  ${example}`)];
}
