import { z } from 'zod';
import { probe } from './probe.ts';
import { StackError } from './stack-error.ts';

/**
 * The token the server takes: ours, or the one it has instead. Label Studio applies the token in a second step after it has made the
 * user; killed in between, it keeps a token of its own for ever. That one is read with the password.
 *
 * @throws StackError when the password is refused as well: the data was made with other secrets.
 */
export async function labelStudioToken(input: {
  url: string;
  token: string;
  user: string;
  password: string;
}): Promise<string> {
  const headers = { authorization: `Token ${input.token}` };
  const status = await probe(`${input.url}/api/current-user/whoami`, { headers, timeoutMs: 30_000 });
  if (status === 200) return input.token;
  if (status !== 401)
    throw new StackError(
      `Label Studio at ${input.url} answers ${status ?? 'nothing'} when asked who we are.`,
    );
  const cookies = await logIn(input);
  await fetch(`${input.url}/api/jwt/settings`, {
    method: 'POST',
    headers: { ...cookies, 'content-type': 'application/json' },
    body: JSON.stringify({ api_tokens_enabled: true, legacy_api_tokens_enabled: true }),
  });
  const response = await fetch(`${input.url}/api/current-user/token`, { headers: cookies });
  const answer = z.object({ token: z.string().regex(/^[0-9a-f]{40}$/) }).safeParse(await response.json());
  if (!answer.success) throw new StackError(`Label Studio at ${input.url} does not tell its user's token.`);
  return answer.data.token;
}

/** Headers of a session. */
async function logIn(input: {
  url: string;
  user: string;
  password: string;
}): Promise<Record<string, string>> {
  const page = await fetch(`${input.url}/user/login/`);
  await page.body?.cancel();
  const csrf = cookieOf(page, 'csrftoken');
  const answer = await fetch(`${input.url}/user/login/`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: `csrftoken=${csrf}`, referer: `${input.url}/user/login/` },
    body: new URLSearchParams({ email: input.user, password: input.password, csrfmiddlewaretoken: csrf }),
  });
  await answer.body?.cancel();
  if (answer.status !== 302)
    throw new StackError(
      `Label Studio at ${input.url} refuses the password in the secrets file: its data was made with another one. Restore the file, or remove the data folder.`,
    );
  const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
  const token = cookieOf(answer, 'csrftoken') || csrf;
  return { cookie: cookie.join('; '), 'x-csrftoken': token, referer: input.url };
}

function cookieOf(response: Response, name: string): string {
  const line = response.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(';')[0] ?? '';
}
