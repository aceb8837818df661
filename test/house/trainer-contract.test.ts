import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { contractSchemas } from '../../models/trainers/contract-schemas.ts';
import { trainerChecks } from '../../models/trainers/check/run-checks.ts';

const docs = join(__dirname, '../../docs');

test('docs/schemas is what npm run schemas writes', async () => {
  const schemas = contractSchemas();
  expect((await readdir(join(docs, 'schemas'))).sort()).toEqual(Object.keys(schemas).sort());
  for (const [name, text] of Object.entries(schemas))
    expect([name, await readFile(join(docs, 'schemas', name), 'utf8')]).toEqual([name, text]);
});

test('the examples of the page are of the schemas, by a validator that is not ours', async () => {
  const page = await readFile(join(docs, 'trainer-contract.md'), 'utf8');
  const seen = new Set<string>();
  for (const [, name, text] of page.matchAll(/<!-- (\S+\.schema\.json) -->\n\n```jsonl?\n([\s\S]*?)```/g)) {
    seen.add(name!);
    const schema = JSON.parse(await readFile(join(docs, 'schemas', name!), 'utf8')) as object;
    const isValid = new Ajv2020({ strict: false }).compile(schema);
    // One value a line, or one over all lines.
    const isWhole = ['job', 'model-card', 'backbone-card'].includes(name!.replace('.schema.json', ''));
    const values = isWhole ? [text!] : text!.trim().split('\n');
    for (const value of values) {
      isValid(JSON.parse(value));
      expect([name, value, isValid.errors]).toEqual([name, value, null]);
    }
  }
  expect([...seen].sort()).toEqual(Object.keys(contractSchemas()).sort());
});

test('the page names every key of the job and of the card, and every check', async () => {
  const page = await readFile(join(docs, 'trainer-contract.md'), 'utf8');
  for (const name of ['job.schema.json', 'model-card.schema.json']) {
    const { properties } = JSON.parse(contractSchemas()[name]!) as { properties: object };
    for (const key of Object.keys(properties)) expect(page).toMatch(new RegExp(`[\`"]${key}[\`".]`));
  }
  for (const { name } of trainerChecks) expect(page).toContain(`| ${name} `);
});
