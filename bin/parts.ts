import type { Command } from 'commander';

export interface Part {
  readonly name: string;
  readonly description: string;
  /** Loads the folder's own command; not before it is named. */
  readonly load: () => Promise<Command>;
}

/** Folders that bring their own command. */
export const parts: readonly Part[] = [
  {
    name: 'stack',
    description: 'start the local servers: Temporal, MLflow, Label Studio, the Data Engine',
    load: async () => (await import('../stack/command.ts')).stackCommand(),
  },
  {
    name: 'engine',
    description: 'start the local Data Engine alone',
    load: async () => (await import('../engine/command.ts')).engineCommand(),
  },
  {
    name: 'demo',
    description: 'watch two loops learn on handwritten digits, with real servers',
    load: async () => (await import('../demo/command.ts')).demoCommand(),
  },
];
