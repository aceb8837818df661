/** `npm run schemas`: writes `docs/schemas/` anew from the zod schemas. */
import { mkdir, writeFile } from 'node:fs/promises';
import { contractSchemas } from './contract-schemas.ts';

const folder = new URL('../../docs/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(contractSchemas())) await writeFile(new URL(name, folder), text);
