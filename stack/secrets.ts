import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { StackError } from './stack-error.ts';

const secretsSchema = z.object({
  labelStudioPassword: z.string().min(8),
  /** Label Studio's legacy token. */
  labelStudioToken: z.string().regex(/^[0-9a-f]{40}$/),
  webhookSecret: z.string().min(16),
  dagshubToken: z.string().min(16),
  postgresPassword: z.string().min(16),
  /** Names the PostgreSQL cluster where it cannot live in the data folder. */
  clusterId: z.string().regex(/^[0-9a-f-]{36}$/),
});

export type Secrets = z.output<typeof secretsSchema>;

/** The secrets of a data folder, made on first use. The file is for its owner only. @throws StackError when it is damaged. */
export async function loadSecrets(file: string): Promise<Secrets> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return saveSecrets(file, newSecrets());
  await chmod(file, 0o600);
  const parsed = secretsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const keys = parsed.error.issues.map((issue) => issue.path.join('.') || 'its form').join(', ');
  throw new StackError(
    `${file} is damaged (${keys}); restore it, or remove the data folder to start from nothing.`,
  );
}

/** Replaces the file as a whole: a reader sees the old or the new one. */
export async function saveSecrets(file: string, secrets: Secrets): Promise<Secrets> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
  return secrets;
}

function newSecrets(): Secrets {
  return {
    labelStudioPassword: randomBytes(18).toString('base64url'),
    labelStudioToken: randomBytes(20).toString('hex'),
    webhookSecret: randomBytes(32).toString('hex'),
    dagshubToken: randomBytes(20).toString('hex'),
    postgresPassword: randomBytes(24).toString('hex'),
    clusterId: randomUUID(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
