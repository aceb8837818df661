import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');

/** Lints each text as if it stood in the file; one process for all, since typed linting starts slowly. */
async function lint(texts: readonly { file: string; text: string }[]): Promise<string[][]> {
  const script = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint();
    const found = [];
    for (const { file, text } of JSON.parse(process.argv[1])) {
      const [result] = await eslint.lintText(text, { filePath: file });
      found.push(result.messages.map(({ ruleId, message }) => ruleId + ': ' + message));
    }
    console.log(JSON.stringify(found));`;
  const args = ['--input-type=module', '-e', script, JSON.stringify(texts)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout) as string[][];
}

const zone = /^import-x\/no-restricted-paths/;
const restricted = /^no-restricted-imports/;
const cases = [
  ['core/hash.ts', '../services/http.ts', zone],
  ['core/hash.ts', 'node:fs', restricted],
  ['core/hash.ts', '@temporalio/client', restricted],
  ['services/http.ts', '../activities/index.ts', zone],
  ['services/mlflow/run-json.ts', '../dagshub/data-engine.ts', zone],
  ['activities/index.ts', '../services/http.ts', zone],
  ['activities/index.ts', '../workers/config.ts', zone],
  ['workflows/current-details.ts', 'node:crypto', restricted],
  ['workflows/current-details.ts', '../services/http.ts', zone],
  ['client/connect.ts', '../activities/pool.ts', zone],
  ['engine/roots.ts', '../services/http.ts', zone],
  ['models/card.ts', '../services/http.ts', zone],
] as const;

const allowed = [
  ['services/http.ts', '../core/errors.ts'],
  ['activities/index.ts', '../core/errors.ts'],
  ['workers/create-deps.ts', '../services/http.ts'],
] as const;

let messages: string[][];
beforeAll(async () => {
  const texts = [...cases, ...allowed].map(([file, from]) => ({
    file,
    text: `import * as other from '${from}';\nexport const it = other;\n`,
  }));
  messages = await lint(texts);
}, 300_000);

test.each(cases.map((one, index) => [...one, index] as const))(
  '%s may not import %s',
  (_, __, rule, index) => {
    expect(messages[index]).toContainEqual(expect.stringMatching(rule));
  },
);

test.each(allowed.map((one, index) => [...one, cases.length + index] as const))(
  '%s may import %s',
  (_, __, index) => {
    expect(messages[index]?.filter((message) => zone.test(message) || restricted.test(message))).toEqual([]);
  },
);
