import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { loopWorkflowId } from '../core/loop-spec.ts';

/**
 * Keeps a worker from carrying out a loop of another repository, which would write into the wrong one: all repositories share the task
 * queues. The activity is tried again, so that a worker of the right one can take it.
 */
export class RepositoryGuard implements ActivityInboundCallsInterceptor {
  readonly #repo: string;

  constructor(repo: string) {
    this.#repo = repo;
  }

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
    // A loop's name holds no dot, a repository's may.
    const loop = workflowId.slice(workflowId.lastIndexOf('.') + 1);
    if (workflowId !== loopWorkflowId({ repo: this.#repo, loop }))
      throw ApplicationFailure.retryable(
        `This worker serves the repository ${this.#repo} and leaves the loop "${workflowId}" to another; start one with its LABELLOOP_REPO.`,
        'OtherRepository',
      );
    return next(input);
  }
}
