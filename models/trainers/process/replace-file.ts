import { rename, writeFile } from 'node:fs/promises';

/** Writes a file beside its place and renames it: whoever reads it finds the old one or the new one, whole. */
export async function replaceFile(file: string, data: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.tmp`, data);
  await rename(`${file}.tmp`, file);
}
