import { z } from 'zod';
import type { Http } from '../http.ts';

/** An access token is renewed this long before its end. */
const renewBeforeMs = 60_000;
/** The life of one that does not tell. */
const usualLifeMs = 300_000;

const lifeSchema = z.object({ iat: z.number(), exp: z.number() });

interface Access {
  readonly header: string;
  readonly renewAtMs: number;
}

/**
 * The `Authorization` of Label Studio by the kind of key: a legacy token is sent as it is; a personal access token is a refresh token that
 * buys short-lived access tokens, one at a time for all callers; anything else goes as Bearer, as DagsHub wants it.
 */
export class AccessToken {
  readonly #key: string;
  readonly #http: Http;
  #access: Access | null = null;
  #pending: Promise<Access> | null = null;

  constructor(key: string, http: Http) {
    this.#key = key;
    this.#http = http;
  }

  get isRefreshable(): boolean {
    return this.#key.split('.').length === 3;
  }

  async authorization(): Promise<string> {
    if (/^[0-9a-f]{40}$/i.test(this.#key)) return `Token ${this.#key}`;
    if (!this.isRefreshable) return `Bearer ${this.#key}`;
    if (this.#access && Date.now() < this.#access.renewAtMs) return this.#access.header;
    this.#pending ??= this.#buy().finally(() => (this.#pending = null));
    return (await this.#pending).header;
  }

  /** The next call buys a new access token, unless another caller has done so since this header was given. */
  forget(header: string): void {
    if (this.#access?.header === header) this.#access = null;
  }

  async #buy(): Promise<Access> {
    const { access } = await this.#http.json(
      { method: 'POST', path: '/api/token/refresh', json: { refresh: this.#key } },
      z.object({ access: z.string() }),
    );
    this.#access = { header: `Bearer ${access}`, renewAtMs: Date.now() + lifeMs(access) - renewBeforeMs };
    return this.#access;
  }
}

/** From the token's own dates, which are both the server's clock: ours may differ. */
function lifeMs(token: string): number {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { iat, exp } = lifeSchema.parse(JSON.parse(claims));
    return (exp - iat) * 1000;
  } catch {
    return usualLifeMs;
  }
}
