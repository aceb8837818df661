import type { LoopAudit } from '../client/audit-loop.ts';
import type { Agreement } from '../core/agreement/agreement.ts';
import type { FoundAlike, ObjectAgreement } from '../core/agreement/object-agreement.ts';
import { staleSentences } from '../core/stale.ts';
import { table } from './table.ts';

const numbers = [
  'asked',
  'sent',
  'answered',
  'collected',
  'skipped',
  'open',
  'withdrawn',
  'known',
  'unsent',
] as const;
const shownFaults = 20;

/** An audit for reading: a row a cycle and purpose, their sum, and what is wrong. */
export function auditTable({
  lines,
  faults,
  excluded,
  agreement,
  objects,
  uncollected,
  stale,
}: Pick<
  LoopAudit,
  'lines' | 'faults' | 'excluded' | 'agreement' | 'objects' | 'uncollected' | 'stale'
>): string {
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
    ...excludedTexts(excluded),
    ...(agreement ? [agreementText(agreement), ''] : []),
    ...(objects ? [objectsText(objects), ''] : []),
    ...uncollectedText(uncollected),
    ...staleSentences(stale),
    ...faults.slice(0, shownFaults).map(({ path, text }) => `fault: ${path} ${text}`),
    ...(more > 0 ? [`and ${more} faults more`] : []),
    faults.length === 0
      ? 'It balances: asked = sent + known + unsent, sent = answered + skipped + open + withdrawn; nothing is lost, nothing is doubled.'
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

function excludedTexts(excluded: LoopAudit['excluded']): string[] {
  if (excluded.length === 0) return [];
  const more = excluded.length - shownFaults;
  return [
    ...excluded.slice(0, shownFaults).map(({ path, why }) => `excluded: ${path}: ${why}`),
    ...(more > 0 ? [`and ${more} excluded more; the field "excluded" has all`] : []),
    '',
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

function objectsText({ pairs, ...all }: ObjectAgreement): string {
  const numbersOf = ({ datapoints, f1, overlap, dice }: FoundAlike) => [
    String(datapoints),
    ...[f1, overlap, dice].map(shown),
  ];
  const columns = [
    { title: 'annotator' },
    { title: 'and' },
    ...['both looked at', 'F1', 'mean IoU', 'Dice'].map((title) => ({ title, right: true })),
  ];
  return [
    table(columns, [
      ...pairs.map(({ one, other, ...numbersOfPair }) => [one, other, ...numbersOf(numbersOfPair)]),
      ['all', '', ...numbersOf(all)],
    ]),
    'F1 of finding the same objects (matched class by class, IoU ≥ 0.5), the mean IoU of those, and Dice of the pixels of outlines.',
  ].join('\n');
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
