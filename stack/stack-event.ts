export type ServerName = 'temporal' | 'mlflow' | 'label-studio' | 'engine' | 'postgres';

/** What happens to a server while the stack starts, runs and stops. */
export interface StackEvent {
  readonly server: ServerName;
  readonly phase: 'install' | 'start' | 'ready' | 'stopped';
  /** For people; one line, no secrets. */
  readonly message: string;
  /** Of an installation, where it is known. */
  readonly percent?: number;
  /** Since the stack began to start, or this server to start again. */
  readonly seconds: number;
}

export type OnStackEvent = (event: StackEvent) => void;
