import { createServer, type AddressInfo, type Server } from 'node:net';
import { choosePorts } from '../../stack/ports.ts';

function listen(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, host, () => resolve({ server, port: (server.address() as AddressInfo).port })),
  );
}

describe('choosePorts', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('refuses a port that somebody listens on at %s', async (host) => {
    const { server, port } = await listen(host);
    await expect(choosePorts(['mlflow'], { mlflow: port })).rejects.toThrow(
      `Port ${port} of MLflow is in use; choose another with --port mlflow=${port + 1}, or set MLFLOW_TRACKING_URI to use a server that runs already.`,
    );
    server.close();
  });

  it('refuses one port for two servers', async () => {
    const { server, port } = await listen('127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    await expect(choosePorts(['mlflow', 'engine'], { mlflow: port, engine: port })).rejects.toThrow(
      `Port ${port} is given to both MLflow and the Data Engine; choose another with --port engine=N.`,
    );
  });

  it('finds free ports for zeros, all different', async () => {
    const ports = await choosePorts(['temporal', 'temporal-ui', 'mlflow', 'engine'], {
      temporal: 0,
      'temporal-ui': 0,
      mlflow: 0,
      engine: 0,
    });
    expect(new Set(Object.values(ports)).size).toBe(4);
    expect(Object.values(ports)).not.toContain(0);
  });
});
