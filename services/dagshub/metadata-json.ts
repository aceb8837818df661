import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { MetadataEntry, ValueType } from '../../core/datapoints.ts';
import { DomainError } from '../../core/errors.ts';
import { floatText } from './float-text.ts';

/** `DatapointMetadataInput`: one value as the API takes it. */
export interface MetadataJson {
  readonly url: string;
  readonly key: string;
  readonly value: string;
  readonly valueType: ValueType;
  readonly allowMultiple: boolean;
}

const zipAside = promisify(gzip);
/** Up to here it would shrink by a quarter, in three times as long. */
const tinyBytes = 512;
const tinyZip = { level: 0, windowBits: 9, memLevel: 1, chunkSize: 1024 };
/** Up to here another thread, and zlib's full window, cost more than the work. */
const smallBytes = 16 * 1024;
const smallZip = { windowBits: 13, memLevel: 5, chunkSize: 4096 };
const maxStringLength = 512;

/** @throws {@link DomainError} on a number that is not finite, or a text that is too long, naming its datapoint. */
export function requireSendable(entry: MetadataEntry): void {
  const what = `${entry.key} of ${entry.path}`;
  if (typeof entry.value === 'number' && !Number.isFinite(entry.value))
    throw new DomainError(`${what} is ${entry.value}: only finite numbers are stored.`);
  if ((entry.valueType === 'INTEGER' || entry.valueType === 'DATETIME') && !Number.isSafeInteger(entry.value))
    throw new DomainError(`${what} is ${entry.value}: ${entry.valueType} takes whole numbers.`);
  if (entry.valueType === 'STRING' && entry.value.length > maxStringLength)
    throw new DomainError(
      `${what} has ${entry.value.length} characters: STRING takes ${maxStringLength}, BLOB any.`,
    );
}

/** In slices of a few milliseconds: the caller's thread also answers heartbeats. */
export async function toMetadataJson(entries: readonly MetadataEntry[]): Promise<MetadataJson[]> {
  const slice = 100;
  const values: MetadataJson[] = [];
  for (let start = 0; start < entries.length; start += slice) {
    if (start > 0) await setImmediate();
    values.push(...(await Promise.all(entries.slice(start, start + slice).map(valueJson))));
  }
  return values;
}

async function valueJson(entry: MetadataEntry): Promise<MetadataJson> {
  const { path: url, key, valueType } = entry;
  return { url, key, value: await valueText(entry), valueType, allowMultiple: false };
}

async function valueText(entry: MetadataEntry): Promise<string> {
  if (entry.valueType === 'BLOB') return (await zip(entry.value)).toString('base64');
  if (entry.valueType === 'BOOLEAN') return entry.value ? 'True' : 'False';
  return entry.valueType === 'FLOAT' ? floatText(entry.value) : String(entry.value);
}

async function zip(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.byteLength > smallBytes) return zipAside(bytes);
  return gzipSync(bytes, bytes.byteLength > tinyBytes ? smallZip : tinyZip);
}
