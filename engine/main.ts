#!/usr/bin/env node
import { engineCommand } from './command.ts';
import { EngineError } from './engine-error.ts';

/** The local Data Engine as a program of its own. */
engineCommand()
  .parseAsync()
  .catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    const expected = error instanceof EngineError || code === 'EADDRINUSE' || code === 'EACCES';
    console.error(expected ? `error: ${(error as Error).message}` : error);
    process.exit(1);
  });
