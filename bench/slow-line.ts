import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface SlowLine {
  /** `http://…`, to be used in place of the server's address. */
  readonly url: string;
  close(): Promise<void>;
}

/** A way to a server that takes `roundTripMs` longer there and back, as one over the internet would. */
export async function startSlowLine(serverUrl: string, roundTripMs: number): Promise<SlowLine> {
  const { hostname, port } = new URL(serverUrl);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      const later = (work: () => void) => setTimeout(work, roundTripMs / 2);
      from.setNoDelay(true);
      from.on('data', (bytes) => later(() => to.write(bytes)));
      from.on('end', () => later(() => to.end()));
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
