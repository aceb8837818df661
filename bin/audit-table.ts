import type { LoopAudit } from '../client/audit-loop.ts';
import type { Agreement } from '../core/agreement/agreement.ts';
import { staleSentences } from '../core/stale.ts';
import { table } from './table.ts';

const numbers = ['asked', 'sent', 'answered', 'collected', 'skipped', 'open', 'known', 'unsent'] as const;
const shownFaults = 20;

/** An audit for reading: a row a cycle and purpose, their sum, and what is wrong. */
export function auditTable({
  lines,
  faults,
  agreement,
  uncollected,
  stale,
}: Pick<LoopAudit, 'lines' | 'faults' | 'agreement' | 'uncollected' | 'stale'>): string {
  const sums = numbers.map((name) => lines.reduce((sum, line) => sum + line[name], 0));
  const rows = lines.map((line) => [
    String(line.cycle),
    line.purpose,
    ...numbers.map((name) => String(line[name])),
  ]);
  const columns = [
    { title: 'cycle', right: true },
    { title: 'asked as' },
    ...numbers.map((title) => ({ title, right: true })),
  ];
  const more = faults.length - shownFaults;
  return [
    table(columns, [...rows, ['', 'all', ...sums.map(String)]]),
    '',
    ...(agreement ? [agreementText(agreement), ''] : []),
    ...uncollectedText(uncollected),
    ...staleSentences(stale),
    ...faults.slice(0, shownFaults).map(({ path, text }) => `fault: ${path} ${text}`),
    ...(more > 0 ? [`and ${more} faults more`] : []),
    faults.length === 0
      ? 'It balances: asked = sent + known + unsent, sent = answered + skipped + open; nothing is lost, nothing is doubled.'
      : `It does not balance: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.`,
  ].join('\n');
}

function uncollectedText({ added, corrected, deleted }: LoopAudit['uncollected']): string[] {
  if (added + corrected + deleted === 0) return [];
  return [
    `Not collected yet: ${added} new annotations, ${corrected} corrected and ${deleted} deleted ones. The loop collects them at the end of its cycle; after ` +
      `its end "labelloop collect" does.`,
  ];
}

function agreementText({ datapoints, pairs, alpha, fleiss, accuracies, disputed }: Agreement): string {
  const rows = pairs.map(({ one, other, datapoints: both, agreed, kappa }) => [
    one,
    other,
    String(both),
    `${((100 * agreed) / both).toFixed(0)} %`,
    shown(kappa),
  ]);
  const columns = [
    { title: 'annotator' },
    { title: 'and' },
    { title: 'both labelled', right: true },
    { title: 'agreed', right: true },
    { title: 'κ', right: true },
  ];
  return [
    table(columns, rows),
    `${datapoints} datapoints with two labels or more: Krippendorff's α ${shown(alpha)}, Fleiss' κ ${shown(fleiss)}`,
    `Right by the consensus (Dawid–Skene): ${Object.entries(accuracies)
      .map(([annotator, share]) => `${annotator} ${(100 * share).toFixed(0)} %`)
      .join(', ')}`,
    ...disputed.slice(0, shownFaults).map(({ path, said, consensus, chance }) => {
      const words = Object.entries(said).map(([annotator, label]) => `${annotator} "${label}"`);
      return `disputed: ${path}: ${words.join(', ')}; together "${consensus}" (${(100 * chance).toFixed(0)} %)`;
    }),
  ].join('\n');
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
