import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header carries the token: `Bearer`, `token`, or Basic with it as user or password. */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(.+)$/.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return same(credentials.trim(), token);
    case 'basic':
      return basicParts(credentials).some((part) => same(part, token));
    default:
      return false;
  }
}

function basicParts(credentials: string): string[] {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** In constant time, lengths included. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
