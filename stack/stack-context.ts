import type { PortName } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { ServerProcess, ServerSpec } from './server-process.ts';
import type { ServerName, StackEvent } from './stack-event.ts';

/** What a server's starter works with. */
export interface StackContext {
  /** Absolute, links resolved. */
  readonly dataDir: string;
  readonly venvDir: string;
  readonly secretsFile: string;
  readonly secrets: Secrets;
  /** Chosen for the servers that are started here. */
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
  readonly repo: string;
  readonly roots: readonly { readonly url: string; readonly folder: string }[];
  /** The surrounding environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  report(server: ServerName, phase: StackEvent['phase'], message: string): void;
  /** Starts a server and waits until it serves. It will be stopped with the stack, even when it never gets there. */
  run(spec: Omit<ServerSpec, 'logFile' | 'pidFile'>): Promise<ServerProcess>;
}

/** What a started, or found, server adds to the stack. */
export interface StackPart {
  readonly env: Readonly<Record<string, string>>;
  readonly links: readonly StackLink[];
}

export interface StackLink {
  readonly name: string;
  readonly url: string;
  /** How to log in, where one must. */
  readonly hint?: string;
}
