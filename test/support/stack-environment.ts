import { readFile } from 'node:fs/promises';
import type { ClassTruth, ObjectsTruth } from '../../core/truth.ts';

/** The real servers of this run, as the stack's global setup started them. */
export interface TestStack {
  readonly repo: string;
  readonly temporalUi: string;
  readonly mlflowUri: string;
  readonly labelStudio: {
    readonly url: string;
    readonly apiKey: string;
    readonly username: string;
    readonly password: string;
  };
  readonly dagshub: { readonly host: string; readonly repo: string; readonly token: string };
  /** What is on each image of `s3://glyphs/images`. */
  readonly truth: ReadonlyMap<string, ClassTruth>;
  /** What is on each image of `s3://blocks/images`. */
  readonly blocks: ReadonlyMap<string, ObjectsTruth>;
  /** What workers and clients read. */
  readonly env: Readonly<Record<string, string>>;
}

export interface StackNote extends Omit<TestStack, 'truth' | 'blocks'> {
  /** Image → class. */
  readonly truth: Readonly<Record<string, string>>;
  readonly blocks: Readonly<Record<string, ObjectsTruth>>;
}

/** Puts the stack's addresses into this test's environment and answers what it is. */
export async function readTestStack(): Promise<TestStack> {
  const file = process.env['LABELLOOP_TEST_STACK'];
  if (!file) throw new Error('The real servers are not up: run this test with "npm run test:stack".');
  const note = JSON.parse(await readFile(file, 'utf8')) as StackNote;
  Object.assign(process.env, note.env);
  const truth = Object.entries(note.truth).map(([name, label]) => [name, { label }] as const);
  return { ...note, truth: new Map(truth), blocks: new Map(Object.entries(note.blocks)) };
}
