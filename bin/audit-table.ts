import type { Audit } from '../core/audit/audit-reviews.ts';
import { table } from './table.ts';

const numbers = ['asked', 'sent', 'answered', 'collected', 'skipped', 'open', 'known', 'unsent'] as const;
const shownFaults = 20;

/** An audit for reading: a row a cycle and purpose, their sum, and what is wrong. */
export function auditTable({ lines, faults }: Audit): string {
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
    ...faults.slice(0, shownFaults).map(({ path, text }) => `fault: ${path} ${text}`),
    ...(more > 0 ? [`and ${more} faults more`] : []),
    faults.length === 0
      ? 'It balances: asked = sent + known + unsent, sent = answered + skipped + open; nothing is lost, nothing is doubled.'
      : `It does not balance: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.`,
  ].join('\n');
}
