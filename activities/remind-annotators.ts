import { cancellationSignal, log } from '@temporalio/activity';
import type { Reminder } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

export function remindAnnotatorsActivity({ reminders }: Pick<ActivityDeps, 'reminders'>) {
  return {
    /**
     * Says that a review stands still: a line in the log, a count in the metrics, and a request to whom the worker's environment names.
     * Key: the reminder's id, which every attempt sends again.
     */
    async remindAnnotators(reminder: Reminder): Promise<void> {
      const { loop, cycle, open, quietSince } = reminder;
      log.warn(`Nobody has answered since ${quietSince}; ${open} tasks of ${loop} are open.`, {
        loop,
        cycle,
      });
      await reminders?.send(reminder, cancellationSignal());
    },
  };
}
