#!/usr/bin/env node
import { createProgram } from './create-program.ts';
import { reportError } from './report-error.ts';

/** The command line. Exit codes: 0 done, 1 failed, 2 wrong input, 3 no such loop. */
const argv = process.argv.slice(2);
// Who reads a part, as `head` does, has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
try {
  await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = reportError(error, { verbose: argv.includes('--verbose') });
}
