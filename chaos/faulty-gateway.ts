import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { listen } from './listen.ts';
import type { Fault } from './moments.ts';

export type HttpFault = Extract<Fault, 'status 500' | 'status 429' | 'truncated' | 'html'>;

/** Share of the requests that a fault hits, and of those that the server carries out all the same. */
const hitShare = 0.5;
const carriedOutShare = 0.5;

/** An HTTP gateway before a port of loopback that can answer in the server's place, also after the server did what it was asked. */
export class FaultyGateway {
  readonly port: number;
  fault: HttpFault | null = null;
  /** Requests that were answered wrongly. */
  hits = 0;
  readonly #server: Server;
  readonly #to: number;
  readonly #random: () => number;
  readonly #agent = new Agent({ keepAlive: false });

  /** @param random - 0 to 1; decides which requests are hit. */
  static async to(port: number, random: () => number): Promise<FaultyGateway> {
    const server = createServer();
    return new FaultyGateway(server, await listen(server), port, random);
  }

  private constructor(server: Server, port: number, to: number, random: () => number) {
    this.#server = server;
    this.#to = to;
    this.#random = random;
    this.port = port;
    server.on('request', (request, response) => this.#pass(request, response));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.fault !== null && this.#random() < hitShare ? this.fault : null;
    if (fault) this.hits += 1;
    if (fault && fault !== 'truncated' && this.#random() >= carriedOutShare) {
      request.resume();
      request.once('end', () => answerWrongly(fault, response));
      return;
    }
    const upstream = send({
      host: '127.0.0.1',
      port: this.#to,
      method: request.method,
      path: request.url,
      headers: request.headers,
      agent: this.#agent,
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
    upstream.on('response', (answer) => {
      answer.on('error', () => response.destroy());
      if (fault === null) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      } else if (fault === 'truncated') void truncate(answer, response);
      else {
        answer.resume();
        answer.once('end', () => answerWrongly(fault, response));
      }
    });
  }
}

function answerWrongly(fault: Exclude<HttpFault, 'truncated'>, response: ServerResponse): void {
  const page = '<!DOCTYPE html><html><head><title>Just a moment</title></head><body></body></html>';
  if (fault === 'html') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  else if (fault === 'status 429') response.writeHead(429, { 'retry-after': '2' }).end();
  else response.writeHead(500, { 'content-type': 'text/html' }).end(page);
}

/** Half of the body, and the connection breaks. */
async function truncate(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = Buffer.concat((await answer.toArray()) as Buffer[]);
    const headers = { ...answer.headers, 'content-length': body.length };
    delete headers['transfer-encoding'];
    response.writeHead(answer.statusCode ?? 502, headers);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  } catch {
    response.destroy();
  }
}
