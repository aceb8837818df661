import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UsageError } from './usage-error.ts';

export interface Part {
  readonly name: 'stack' | 'engine' | 'demo';
  readonly description: string;
}

/** Folders that bring their own command: `<folder>/command.ts` exports `<folder>Command()`. */
export const parts: readonly Part[] = [
  { name: 'stack', description: 'start the local servers: Temporal, MLflow, Label Studio, the Data Engine' },
  { name: 'engine', description: 'start the local Data Engine alone' },
  { name: 'demo', description: 'watch two loops learn on handwritten digits, with real servers' },
];

/** The command a folder brings, loaded now. */
export async function partCommand({ name }: Part): Promise<Command> {
  const extension = extname(fileURLToPath(import.meta.url));
  const file = new URL(`../${name}/command${extension}`, import.meta.url).href;
  const module = (await import(file)) as Record<string, (() => Command) | undefined>;
  const create = module[`${name}Command`];
  if (!create) throw new UsageError(`The command "${name}" is not part of this build.`);
  return create();
}
