import { ServiceUnavailableError } from '../../core/errors.ts';
import { workerLogger } from '../../workers/worker-logger.ts';

function lines(level: 'WARN' | 'DEBUG', log: (logger: ReturnType<typeof workerLogger>) => void): string[] {
  const written: string[] = [];
  log(workerLogger(level, (line) => written.push(line)));
  return written;
}

test('a message is one line with what it is about, and without noise', () => {
  const error = new ServiceUnavailableError('MLflow: GET /version: 503');
  const facts = { sdkComponent: 'worker', taskToken: 'abc', taskQueue: 'labelloop-loop', attempt: 2, error };
  expect(lines('WARN', (logger) => void logger.warn('Activity failed', facts))).toEqual([
    expect.stringMatching(
      /^20\S+Z WARN Activity failed taskQueue=labelloop-loop attempt=2 error=ServiceUnavailableError: MLflow: GET \/version: 503\n$/,
    ),
  ]);
});

test('an error nobody expected shows its stack', () => {
  const [line] = lines(
    'WARN',
    (logger) => void logger.error('Activity failed', { error: new TypeError('bug') }),
  );
  expect(line).toMatch(/error=TypeError: bug\n\s+at /);
});

test('what is below the level, and what is said of every worker without workflows, is left out', () => {
  const log = (logger: ReturnType<typeof workerLogger>) => {
    logger.info('Worker state changed');
    logger.warn('No workflows registered, not polling for workflow tasks', { taskQueue: 'labelloop-infer' });
  };
  expect(lines('WARN', log)).toEqual([]);
  expect(lines('DEBUG', log)).toHaveLength(1);
});
