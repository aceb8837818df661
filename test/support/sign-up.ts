import type { LabelStudioServer } from './label-studio-people.ts';

/** Somebody with a log-in of their own at a real Label Studio. */
export interface Person extends LabelStudioServer {
  readonly id: number;
  readonly email: string;
}

/** Signs somebody up by an invitation, as a browser does. */
export async function signUp(server: LabelStudioServer, email: string): Promise<Person> {
  const { url } = server;
  const invited = await fetch(`${url}/api/invite`, { headers: { authorization: `Token ${server.apiKey}` } });
  const { invite_url: invitation } = (await invited.json()) as { invite_url: string };
  const { pathname, search } = new URL(invitation, url);
  const page = await fetch(`${url}${pathname}${search}`);
  const csrf = cookie(page, 'csrftoken');
  const answer = await fetch(`${url}${pathname}${search}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: cookies(page), referer: url },
    body: new URLSearchParams({ email, password: `${email}-12345`, csrfmiddlewaretoken: csrf }),
  });
  if (answer.status !== 302) throw new Error(`Label Studio signs nobody up as ${email}: ${answer.status}`);
  const session = { cookie: cookies(answer) };
  const token = await fetch(`${url}/api/current-user/token`, { headers: session });
  const { token: apiKey } = (await token.json()) as { token: string };
  const known = await fetch(`${url}/api/current-user/whoami`, {
    headers: { authorization: `Token ${apiKey}` },
  });
  const { id } = (await known.json()) as { id: number };
  return { url, apiKey, id, email };
}

function cookies(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

function cookie(response: Response, name: string): string {
  const line = response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(';')[0] ?? '';
}
