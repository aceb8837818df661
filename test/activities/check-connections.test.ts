import { checkConnectionsActivity } from '../../activities/check-connections.ts';
import { readReviewActivity } from '../../activities/read-review.ts';
import { ServiceRejectedError, ServiceUnavailableError } from '../../core/errors.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(1);
});
afterEach(() => world.remove());

function check() {
  return runActivity(checkConnectionsActivity(world).checkConnections, undefined as never);
}

test('answers what every system says of itself', async () => {
  expect((await check()).map(({ system }) => system)).toEqual(['DagsHub', 'MLflow', 'Label Studio']);
});

test('one refusal is final, and every system that is wrong has its sentence', async () => {
  world.engine.failNext('check', new ServiceUnavailableError('DagsHub: GET /api/v1/user: 503'));
  world.tracker.failNext('check', new ServiceRejectedError('MLflow: 401 wrong token', { status: 401 }));
  await expect(check()).rejects.toMatchObject({
    type: 'DomainError',
    nonRetryable: true,
    message: 'DagsHub: GET /api/v1/user: 503\nMLflow: 401 wrong token',
  });
});

test('systems that only do not answer are asked again', async () => {
  world.board.failNext('check', new ServiceUnavailableError('Label Studio: does not answer'));
  await expect(check()).rejects.toMatchObject({ type: 'ServiceUnavailableError', nonRetryable: false });
});

test('progress is read in the order asked', async () => {
  const labelConfig = '<View/>';
  const [first, second] = await Promise.all(
    ['one project', 'two project'].map((title) =>
      world.board.ensureProject({ title, description: '', labelConfig }),
    ),
  );
  await world.board.ensureTasks({ projectId: second!, tasks: [{ key: 'a', imageUrl: 'x' }] });
  const { readReview } = readReviewActivity(world);
  const read = () => runActivity(readReview, { projectIds: [second!, first!] });
  const openSinceMs = await world.board.oldestOpenTask({ projectId: second! });
  const nothing = { tasks: 0, answered: 0, skipped: 0 };
  expect(await read()).toEqual([{ tasks: 1, answered: 0, skipped: 0, openSinceMs }, nothing]);
  world.board.skip(second!, 'a');
  expect(await read()).toEqual([{ tasks: 1, answered: 0, skipped: 1 }, nothing]);
  await expect(runActivity(readReview, { projectIds: [999] })).rejects.toMatchObject({ nonRetryable: true });
});
