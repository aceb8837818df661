import { cancellationSignal } from '@temporalio/activity';
import { judge, DomainError, ServiceUnavailableError } from '../core/errors.ts';
import type { ConnectionReport } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

export function checkConnectionsActivity({
  engine,
  tracker,
  board,
}: Pick<ActivityDeps, 'engine' | 'tracker' | 'board'>) {
  return {
    /**
     * Asks every system whether it is there and knows us. Read only.
     *
     * @throws {@link DomainError} when one refuses (wrong token, wrong repository): final. {@link ServiceUnavailableError} when one does
     * not answer: retried. The message has a sentence for each system that is wrong.
     */
    async checkConnections(): Promise<readonly ConnectionReport[]> {
      const signal = cancellationSignal();
      const checks = await Promise.allSettled([engine, tracker, board].map((system) => system.check(signal)));
      const errors = checks.flatMap((check) =>
        check.status === 'rejected' ? [check.reason as unknown] : [],
      );
      if (errors.length > 0) {
        const message = errors
          .map((error) => (error instanceof Error ? error.message : String(error)))
          .join('\n');
        const Failure = errors.every((error) => judge(error).retry) ? ServiceUnavailableError : DomainError;
        throw new Failure(message, { cause: errors[0] });
      }
      return checks.flatMap((check) => (check.status === 'fulfilled' ? [check.value] : []));
    },
  };
}
