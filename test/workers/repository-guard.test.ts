import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { RepositoryGuard } from '../../workers/repository-guard.ts';

/** Runs an activity of a loop on a worker that serves `team/images`. */
function runFor(workflowId: string): Promise<string> {
  const environment = new MockActivityEnvironment(
    { workflowExecution: { workflowId, runId: 'a' } },
    {
      interceptors: [() => ({ inbound: new RepositoryGuard('team/images') })],
      logger: new DefaultLogger('ERROR'),
    },
  );
  return environment.run(async () => 'done');
}

test('a loop of its repository is served, and its collection', async () => {
  await expect(runFor(loopWorkflowId({ repo: 'team/images', loop: 'teeth' }))).resolves.toBe('done');
  await expect(runFor(`${loopWorkflowId({ repo: 'team/images', loop: 'teeth' })}:collect`)).resolves.toBe(
    'done',
  );
});

test.each([
  loopWorkflowId({ repo: 'team/other', loop: 'teeth' }),
  loopWorkflowId({ repo: 'team/images2', loop: 'teeth' }),
  loopWorkflowId({ repo: 'team/images.old', loop: 'teeth' }),
  'something-else',
])('%s is left to another worker, and tried again', async (workflowId) => {
  await expect(runFor(workflowId)).rejects.toMatchObject({
    message: expect.stringContaining('serves the repository team/images'),
    type: 'OtherRepository',
    nonRetryable: false,
  });
});
