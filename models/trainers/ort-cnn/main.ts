/** The built-in classification trainer: `node main.js <job.json>`, contract `al-train/1`. */
import { emit } from './emit.ts';
import { TrainerExit } from './trainer-exit.ts';

// Nobody reads any more when our host has died; the end of stdin tells us so, a broken pipe must not.
process.stdout.on('error', () => undefined);

try {
  // Imported late, so that a missing library is reported as what it is.
  const { trainClassifier } = await import('./train-classifier.ts');
  await trainClassifier(process.argv[2]);
  process.exit(0);
} catch (error) {
  const { code, kind, message, retryable } = TrainerExit.from(error);
  if (kind === 'internal') console.error(error);
  emit({ event: 'error', kind, message, retryable });
  process.exit(code);
}
