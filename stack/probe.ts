import { StackError } from './stack-error.ts';

/** The status of a GET, or null when nobody answers in time. */
export async function probe(
  url: string,
  options: { headers?: Record<string, string>; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<number | null> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 2000);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const response = await fetch(url, { signal, redirect: 'manual', headers: options.headers ?? {} });
    await response.body?.cancel();
    return response.status;
  } catch {
    options.signal?.throwIfAborted();
    return null;
  }
}

/** A server that somebody else runs: it must answer, and take the credentials. @throws StackError naming the variable that is wrong. */
export async function checkGiven(input: {
  title: string;
  url: string;
  path: string;
  urlVariable: string;
  headers?: Record<string, string>;
  credentialsVariable: string;
  signal: AbortSignal;
}): Promise<void> {
  const { title, url, urlVariable, signal, headers } = input;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new StackError(`${urlVariable} must start with http:// or https://.`);
  const status = await probe(url.replace(/\/+$/, '') + input.path, {
    timeoutMs: 10_000,
    signal,
    ...(headers && { headers }),
  });
  const shown = `${title} at ${new URL(url).host} (${urlVariable})`;
  if (status === null) throw new StackError(`${shown} does not answer.`);
  if (status === 401 || status === 403)
    throw new StackError(`${shown} refuses ${input.credentialsVariable} (status ${status}).`);
  if (status >= 500) throw new StackError(`${shown} answers with status ${status}.`);
}
