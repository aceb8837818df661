import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Remembers a server's connections that have asked nothing yet, to be destroyed as it closes: Node counts them as busy and would wait for their first
 * request for a minute. A client whose request is cancelled while it connects leaves one behind.
 */
export function silentConnections(server: Server): { destroy(): void } {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return {
    destroy() {
      for (const socket of silent) socket.destroy();
    },
  };
}
