import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CommandError } from './command-error.ts';

export interface TemporalConnection {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/**
 * Connects as the environment says (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE`, …).
 *
 * @param input - `env` is the process's by default. `lazy` connects on the first call, for a server that must start without Temporal.
 * `payloadCodecs` are those of the workers. `interceptors` make traces.
 * @throws CommandError naming the address when nobody answers.
 */
export async function connectTemporal(
  input: {
    env?: NodeJS.ProcessEnv;
    lazy?: boolean;
    payloadCodecs?: PayloadCodec[];
    interceptors?: WorkflowClientInterceptor[];
  } = {},
): Promise<TemporalConnection> {
  const { connectionOptions, namespace = 'default' } = readConfig(input.env ?? process.env);
  const address = connectionOptions.address || '127.0.0.1:7233';
  const options = { ...connectionOptions, address, connectTimeout: '5 seconds' as const };
  const connection = input.lazy ? Connection.lazy(options) : await connect(options);
  const client = new Client({
    connection,
    namespace,
    dataConverter: { payloadCodecs: input.payloadCodecs ?? [] },
    interceptors: { workflow: input.interceptors ?? [] },
  });
  return { client, address, namespace, close: () => connection.close() };
}

function readConfig(env: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(known) });
  } catch (cause) {
    throw new CommandError(`Temporal's settings are wrong: ${messageOf(cause)}.`, 2, { cause });
  }
}

async function connect(options: Parameters<typeof Connection.connect>[0]): Promise<Connection> {
  try {
    return await Connection.connect(options);
  } catch (cause) {
    const address = options?.address ?? '';
    throw new CommandError(
      `Temporal at ${address} does not answer (${messageOf(cause)}); start one with "labelloop stack", or set TEMPORAL_ADDRESS.`,
      1,
      { cause },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
