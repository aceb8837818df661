import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './listen.ts';

/** How a cut line shows: connections break off, or nothing arrives any more. */
export type Cut = 'reset' | 'silent';

/** A TCP line to a port of loopback that can be cut, and can be slow. */
export class Line {
  readonly port: number;
  /** How long every answer takes longer. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | null = null;
  #healed: Promise<void> = Promise.resolve();
  #heal: () => void = () => undefined;

  static async to(port: number): Promise<Line> {
    const server = createServer();
    return new Line(server, await listen(server), port);
  }

  private constructor(server: Server, port: number, to: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket) => void this.#join(socket, to));
  }

  cut(how: Cut): void {
    this.#cut = how;
    this.#healed = new Promise((resolve) => (this.#heal = resolve));
    if (how === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  heal(): void {
    this.#cut = null;
    this.#heal();
  }

  async close(): Promise<void> {
    this.heal();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #join(near: Socket, port: number): Promise<void> {
    this.#keep(near);
    if (this.#cut === 'reset') {
      near.resetAndDestroy();
      return;
    }
    // Whoever connects to a silent line waits, as for a host that is gone.
    await this.#healed;
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#keep(far);
    this.#pass(near, far, () => 0);
    this.#pass(far, near, () => this.delayMs);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** In order, each piece when it is due. */
  #pass(from: Socket, to: Socket, delayMs: () => number): void {
    let last = Promise.resolve();
    const later = (act: () => void) => {
      const dueMs = Date.now() + delayMs();
      last = last.then(async () => {
        await this.#healed;
        await sleep(Math.max(dueMs - Date.now(), 0));
        act();
      });
    };
    from.on('data', (piece: Buffer) => later(() => !to.destroyed && to.write(piece)));
    from.once('end', () => later(() => to.end()));
    from.once('close', (hadError) => {
      if (hadError) to.destroy();
      else later(() => to.destroy());
    });
  }
}
