import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const read = (...parts: string[]) => readFileSync(join(__dirname, '../..', ...parts), 'utf8');
const page = read('docs/operating.md');
const rulesText = read('deploy/alerts.yaml');
const { groups } = z
  .object({
    groups: z.array(z.object({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
  })
  .parse(parse(rulesText));
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));

/** Metrics of ours as Prometheus sees them: counters of workers get their `_total` from the SDK. */
const created = [
  'workers/metrics-interceptor.ts',
  'activities/label-time-metric.ts',
  'client/webhook-metrics.ts',
].flatMap((file) => [...read(file).matchAll(/'(labelloop_\w+)'/g)].map(([, name = '']) => name));

test('each alert has its section, and each section but the balance its alert', () => {
  const { index } = /^## Alerts.*$/m.exec(page)!;
  const rest = page.slice(index).split(/^## /m)[1]!;
  const sections = [...rest.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(sections.filter((title) => title !== 'The balance is in doubt').sort()).toEqual([...alerts].sort());
});

test('every metric that the page or a rule names is created, and every one that is created is on the page', () => {
  const named = (text: string) =>
    [...text.matchAll(/\blabelloop_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
  const base = (name: string) => name.replace(/_total$/, '');
  expect(created.length).toBeGreaterThan(10);
  const known = new Set(created.map(base));
  for (const name of [...named(page), ...named(rulesText)])
    expect([name, known.has(base(name))]).toEqual([name, true]);
  const told = new Set(named(page).map(base));
  for (const name of created) expect([name, told.has(base(name))]).toEqual([name, true]);
});
