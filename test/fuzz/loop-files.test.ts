import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { stringify, parse } from 'yaml';
import { CommandError } from '../../client/command-error.ts';
import { parseLoopFile } from '../../client/loop-file.ts';
import { loopSpecSchema } from '../../core/loop-spec.ts';
import { changedJson } from './changed-json.ts';
import { fuzzOptions, fuzzTimeoutMs } from './fuzz-options.ts';

const example = readFileSync('examples/loop.yaml', 'utf8');
const document: unknown = parse(example);
const lines = example.split('\n');

const cutLines = fc
  .tuple(fc.nat(lines.length), fc.nat(5), fc.string({ unit: 'binary', maxLength: 20 }))
  .map(([at, cut, text]) => [...lines.slice(0, at), text, ...lines.slice(at + cut)].join('\n'));
const files = fc.oneof(
  { weight: 6, arbitrary: changedJson(document).map((changed) => stringify(changed)) },
  { weight: 3, arbitrary: cutLines },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
);

test(
  'any loop.yaml is a loop, or refused with one sentence a mistake that names the file and the line',
  () => {
    let taken = 0;
    fc.assert(
      fc.property(files, (text) => {
        try {
          const spec = parseLoopFile(text, 'loop.yaml');
          expect(loopSpecSchema.parse(spec)).toEqual(spec);
          taken += 1;
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          expect(error.exitCode).toBe(2);
          expect(error.message).toMatch(/^loop\.yaml:( |\d+: )\S/);
          expect(error.message.length).toBeLessThan(25_000);
        }
      }),
      fuzzOptions,
    );
    expect(taken).toBeGreaterThan(10);
  },
  fuzzTimeoutMs,
);
