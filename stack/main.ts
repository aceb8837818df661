#!/usr/bin/env node
import { stackCommand } from './command.ts';
import { StackError } from './stack-error.ts';

/** The stack as a program of its own. */
stackCommand()
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof StackError ? `error: ${error.message}` : error);
    process.exitCode = error instanceof StackError ? 2 : 1;
  });
