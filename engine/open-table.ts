import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openPromise, type Entry } from 'yauzl';
import { openCsv } from './csv-table.ts';
import { EngineError } from './engine-error.ts';
import type { MetadataTable } from './metadata-table.ts';
import { openParquet } from './parquet-table.ts';

/** What a compressed file may grow to. */
const maxTextBytes = 16 * 1024 ** 3;
/** A pipeline's error comes out of its last stream. */
const ignore = () => undefined;

/**
 * Opens a file of metadata by the end of its name, as the official client does: `.csv`, `.parquet`, and CSV inside `.gz` or a `.zip` of one file.
 *
 * @param name - The one it was sent under.
 * @throws EngineError for another kind, or when it is not what its name says.
 */
export async function openTable(file: string, name: string): Promise<MetadataTable> {
  const [ending = ''] = /\.[^.]*$/.exec(name.toLowerCase()) ?? [];
  switch (ending) {
    case '.csv':
      return openCsv(createReadStream(file), name);
    case '.parquet':
      return openParquet(file, name);
    case '.gz':
      return openCsv(counted(pipeline(createReadStream(file), createGunzip(), ignore), name), name);
    case '.zip':
      return openCsv(counted(await openZip(file, name), name), name);
    default:
      throw new EngineError(`${name} needs to be a .csv or .parquet, or CSV in a .zip or .gz.`);
  }
}

/** The one file of a zip. */
async function openZip(file: string, name: string): Promise<Readable> {
  try {
    const zip = await openPromise(file, { autoClose: false });
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.push(entry);
      if (entries.length > 1) break;
    }
    const [entry] = entries;
    if (!entry || entries.length > 1) {
      zip.close();
      throw new EngineError(`${name} holds ${entry ? 'several files' : 'no file'}, not one.`);
    }
    const bytes = await zip.openReadStreamPromise(entry);
    bytes.on('close', () => zip.close());
    return bytes;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(`${name} is no zip: ${(cause as Error).message}.`, { cause });
  }
}

/** Unpacked bytes, up to a limit; what fails before them comes out of them. */
async function* counted(bytes: Readable, name: string): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of bytes) {
      size += (chunk as Buffer).length;
      if (size > maxTextBytes) throw new Error(`it grows to more than ${maxTextBytes} bytes`);
      yield chunk as Buffer;
    }
  } catch (cause) {
    throw new EngineError(`${name} cannot be unpacked: ${(cause as Error).message}.`, { cause });
  }
}
