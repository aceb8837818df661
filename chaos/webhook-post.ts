import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { request } from 'undici';
import { listen } from './listen.ts';
import type { Fault } from './moments.ts';

export type PostFault = Extract<Fault, 'lost' | 'fivefold' | 'shuffled' | 'a cycle late'>;

/** Headers that tell of one connection, not of the event. */
const ofTheHop = new Set(['host', 'connection', 'transfer-encoding', 'content-length', 'expect']);

interface Letter {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Stands between Label Studio and the webhook server, and carries the events as badly as it is told. */
export class WebhookPost {
  readonly url: string;
  /** Events that were carried badly. */
  hits = 0;
  readonly #server: Server;
  readonly #to: string;
  readonly #random: () => number;
  #fault: PostFault | null = null;
  #held: Letter[] = [];

  static async to(url: string, random: () => number): Promise<WebhookPost> {
    const server = createServer();
    return new WebhookPost(server, await listen(server), url, random);
  }

  private constructor(server: Server, port: number, to: string, random: () => number) {
    this.#server = server;
    this.#to = to;
    this.#random = random;
    this.url = `http://127.0.0.1:${port}`;
    server.on('request', (incoming, response) => {
      void this.#take(incoming).finally(() => response.writeHead(202).end('{}'));
    });
  }

  get fault(): PostFault | null {
    return this.#fault;
  }

  set fault(fault: PostFault | null) {
    this.#fault = fault;
  }

  /** Delivers what was held back, in any order. */
  async deliver(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    const order = held.map((letter) => ({ letter, key: this.#random() })).sort((a, b) => a.key - b.key);
    for (const { letter } of order) await this.#carry(letter);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(incoming: IncomingMessage): Promise<void> {
    const body = Buffer.concat((await incoming.toArray()) as Buffer[]);
    const letter = { path: incoming.url ?? '/', headers: incoming.headers, body };
    if (this.#fault) this.hits += 1;
    if (this.#fault === 'shuffled' || this.#fault === 'a cycle late') this.#held.push(letter);
    else if (this.#fault !== 'lost')
      for (let copy = 0; copy < (this.#fault === 'fivefold' ? 5 : 1); copy++) void this.#carry(letter);
  }

  /** As Label Studio does: once, whatever comes of it. */
  async #carry({ path, headers, body }: Letter): Promise<void> {
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheHop.has(name)));
    await request(this.#to + path, { method: 'POST', headers: own, body })
      .then((response) => response.body.dump())
      .catch(() => undefined);
  }
}
