import { z } from 'zod';
import type { Http } from '../http.ts';

/** An access token lives 300 s; it is renewed this long before. */
const renewBeforeMs = 60_000;
const livesMs = 300_000;

/**
 * The `Authorization` of Label Studio by the kind of key: a legacy token is sent as it is; a personal access token is a refresh token that
 * buys short-lived access tokens, one at a time for all callers; anything else goes as Bearer, as DagsHub wants it.
 */
export class AccessToken {
  readonly #key: string;
  readonly #http: Http;
  #access: Promise<{ header: string; untilMs: number }> | null = null;

  constructor(key: string, http: Http) {
    this.#key = key;
    this.#http = http;
  }

  get isRefreshable(): boolean {
    return this.#key.split('.').length === 3;
  }

  async authorization(): Promise<string> {
    if (/^[0-9a-f]{40}$/i.test(this.#key) && !this.isRefreshable) return `Token ${this.#key}`;
    if (!this.isRefreshable) return `Bearer ${this.#key}`;
    const current = await (this.#access ??= this.#refresh());
    if (Date.now() < current.untilMs) return current.header;
    this.forget();
    return (await (this.#access ??= this.#refresh())).header;
  }

  /** The next call buys a new access token. */
  forget(): void {
    this.#access = null;
  }

  async #refresh(): Promise<{ header: string; untilMs: number }> {
    try {
      const { access } = await this.#http.json(
        { method: 'POST', path: '/api/token/refresh', json: { refresh: this.#key } },
        z.object({ access: z.string() }),
      );
      return { header: `Bearer ${access}`, untilMs: Date.now() + livesMs - renewBeforeMs };
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}
