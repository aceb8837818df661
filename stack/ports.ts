import { connect, createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** Where each server listens unless told otherwise. */
export const defaultPorts = {
  temporal: 7233,
  'temporal-ui': 8233,
  mlflow: 5000,
  'label-studio': 8080,
  engine: 8180,
} as const;

export type PortName = keyof typeof defaultPorts;

const owners: Record<PortName, { title: string; variable: string }> = {
  temporal: { title: 'Temporal', variable: 'TEMPORAL_ADDRESS' },
  'temporal-ui': { title: "Temporal's web page", variable: 'TEMPORAL_ADDRESS' },
  mlflow: { title: 'MLflow', variable: 'MLFLOW_TRACKING_URI' },
  'label-studio': { title: 'Label Studio', variable: 'LABEL_STUDIO_URL' },
  engine: { title: 'the Data Engine', variable: 'DAGSHUB_CLIENT_HOST' },
};

/**
 * The port of each name, checked to be free; 0 becomes any free one.
 *
 * @throws StackError that names the port, its server and how to choose another.
 */
export async function choosePorts<Name extends PortName>(
  names: readonly Name[],
  wanted: Partial<Record<PortName, number>> = {},
): Promise<Record<Name, number>> {
  const chosen = new Map<number, PortName>();
  const ports: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const asked = wanted[name] ?? defaultPorts[name];
    const port = asked === 0 ? await freePort([...chosen.keys()]) : asked;
    const { title, variable } = owners[name];
    const other = chosen.get(port);
    if (other !== undefined)
      throw new StackError(
        `Port ${port} is given to both ${owners[other].title} and ${title}; choose another with --port ${name}=N.`,
      );
    if (asked !== 0 && (await isBusy(port)))
      throw new StackError(
        `Port ${port} of ${title} is in use; choose another with --port ${name}=${port + 1}, or set ${variable} to use a server that runs already.`,
      );
    chosen.set(port, name);
    ports[name] = port;
  }
  return ports as Record<Name, number>;
}

/** Any port of loopback that nobody listens on. */
export async function freePort(except: readonly number[] = []): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    await new Promise((resolve) => server.close(resolve));
    if (!except.includes(port)) return port;
  }
}

/** Connecting finds who listens on all addresses (on macOS binding does not); binding finds who does not accept. */
async function isBusy(port: number): Promise<boolean> {
  return (await accepts(port)) || !(await binds(port));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(true));
    socket.once('error', () => end(false));
  });
}

function binds(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
