import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the command line is made of. */
const parts = [
  ...['activities', 'bin', 'client', 'core', 'demo', 'engine', 'models', 'services', 'stack', 'workers'],
  ...['workflows', 'package.json', 'tsconfig.json'],
];

/**
 * Copies the sources and changes the workflow in a way that a replay allows: the summary of the training, which people read in Temporal.
 *
 * @param root - Of the package.
 */
export async function writeSecondVersion(root: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const part of parts) await cp(join(root, part), join(target, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'));
  const file = join(target, 'workflows/steps/train.ts');
  const text = await readFile(file, 'utf8');
  const changed = text.replace('`train cycle ', '`second version: train cycle ');
  if (changed === text) throw new Error(`${file} has no summary "train cycle" to change.`);
  await writeFile(file, changed);
}
