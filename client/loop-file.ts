import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { DomainError } from '../core/errors.ts';
import { assertAsksForClasses } from '../core/label-config.ts';
import { loopSpecSchema, type LoopSpec } from '../core/loop-spec.ts';
import { CommandError } from './command-error.ts';
import { specMistakes, type Mistake } from './spec-mistakes.ts';

/** Far above any real loop.yaml; more is a wrong file. */
const maxBytes = 1_000_000;
/** One wrong character can break every line of YAML. */
const toldMistakes = 50;

/**
 * The loop that a `loop.yaml` describes.
 *
 * @throws CommandError with every mistake of the file, one a line: `loop.yaml:7: selection.stategy: is no key of ours; did you mean …`.
 */
export async function readLoopFile(file: string): Promise<LoopSpec> {
  return parseLoopFile(await textOf(file), file);
}

/** As {@link readLoopFile}, for text at hand. `file` names it in messages. */
export function parseLoopFile(text: string, file: string): LoopSpec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0)
    throw refused(broken.map(({ message, pos }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`));

  const parsed = loopSpecSchema.safeParse(valueOf(document, file), { reportInput: true });
  const mistakes = parsed.success
    ? labelConfigMistakes(parsed.data)
    : specMistakes(loopSpecSchema, parsed.error.issues);
  if (!parsed.success || mistakes.length > 0)
    throw refused(
      mistakes
        .map((mistake) => ({ mistake, line: lineOf(document, lines, mistake) }))
        .sort((left, right) => left.line - right.line)
        .map(({ mistake, line }) => `${file}:${line}: ${pathWords(mistake.path)}${mistake.text}`),
    );
  return parsed.data;
}

async function textOf(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new CommandError(`${file}: cannot be read: ${reason ?? String(cause)}.`, 2, { cause });
  }
  if (bytes.length > maxBytes)
    throw new CommandError(`${file}: is larger than 1 MB; that is no loop.yaml.`, 2);
  return bytes.toString('utf8');
}

function valueOf(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, 2, {
      cause,
    });
  }
}

/** A labelling config that cannot hold the answers would only fail when the first review opens. */
function labelConfigMistakes({ task, review, classes }: LoopSpec): Mistake[] {
  if (review.labelConfig === undefined) return [];
  try {
    assertAsksForClasses(review.labelConfig, { task, classes });
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [{ path: ['review', 'labelConfig'], atKey: false, text: error.message }];
  }
}

function refused(lines: readonly string[]): CommandError {
  const rest = lines.length - toldMistakes;
  const told = lines.slice(0, toldMistakes);
  return new CommandError([...told, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n'), 2);
}

function pathWords(path: readonly PropertyKey[]): string {
  const words = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return words === '' ? '' : `${words.slice(words.startsWith('.') ? 1 : 0)}: `;
}

/** The line of the mistake; of the nearest thing around it where the file holds nothing at that path. */
function lineOf(document: Document.Parsed, lines: LineCounter, { path, atKey }: Mistake): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetAt(document, path.slice(0, length), atKey && length === path.length);
    if (offset !== null) return lines.linePos(offset).line;
  }
  const top = document.contents?.range[0];
  return top === undefined ? 1 : lines.linePos(top).line;
}

function offsetAt(document: Document.Parsed, path: readonly PropertyKey[], atKey: boolean): number | null {
  const node = document.getIn(path, true);
  if (!atKey && isScalar(node) && node.range) return node.range[0];
  // A group or a list starts on the line after its key, so the key is the better place.
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  return isNode(node) && node.range ? node.range[0] : null;
}
