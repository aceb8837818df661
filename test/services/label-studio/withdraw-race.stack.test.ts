import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { classificationLabelConfig } from '../../../core/label-config.ts';
import { LabelStudioBoard } from '../../../services/label-studio/label-studio-board.ts';
import { choice, contractClasses, reviewTasks } from '../../contracts/annotation-board.ts';
import { LabelStudioPeople } from '../../support/label-studio-people.ts';
import { readTestStack, type TestStack } from '../../support/stack-environment.ts';

jest.setTimeout(120_000);

let stack: TestStack;
let gate: Server;
/** What happens while a request to take a task away is held; it answers once the request may go on. */
let onMove: (taskId: number, path: string) => Promise<void>;

beforeAll(async () => {
  stack = await readTestStack();
  gate = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
});
afterAll(() => gate.close());

async function pass(...[request, response]: Parameters<NonNullable<Parameters<typeof createServer>[1]>>) {
  const { method = 'GET', url = '', headers } = request;
  const body = await text(request);
  const task = /^\/api\/tasks\/(\d+)\//.exec(url);
  if (method === 'PATCH' && task) await onMove(Number(task[1]), url);
  const answer = await fetch(stack.labelStudio.url + url, {
    method,
    headers: { authorization: headers.authorization ?? '', 'content-type': 'application/json' },
    ...(body !== '' && { body }),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  response.end(await answer.text());
}

test('an answer in the instant that its task is withdrawn is in the project or on the shelf, never gone', async () => {
  const people = new LabelStudioPeople(stack.labelStudio);
  const { port } = gate.address() as AddressInfo;
  const board = new LabelStudioBoard({ ...stack.labelStudio, url: `http://127.0.0.1:${port}` });
  const title = `race ${Date.now()}`;
  const labelConfig = classificationLabelConfig(contractClasses);
  const projectId = await board.ensureProject({ title, description: 'A race', labelConfig });
  const tasks = reviewTasks(24);
  await board.ensureTasks({ projectId, tasks });

  const accepted: Promise<number>[] = [];
  const answer = async (taskId: number): Promise<number> => {
    await people.call('POST', `/api/tasks/${taskId}/annotations/`, { result: choice('x'), lead_time: 1 });
    return taskId;
  };
  onMove = async (taskId) => {
    const given = accepted.length;
    // Before the move, a while before its end, together with it, or after it, in a page that was open.
    if (given % 4 === 3) accepted.push(sleep(300).then(() => answer(taskId)));
    else accepted.push(answer(taskId));
    if (given % 4 === 0) await accepted.at(-1);
    if (given % 4 === 1) await sleep((given % 8) * 4);
  };
  const keys = tasks.map(({ key }) => key);
  const gone = await board.withdrawTasks({ projectId, keys, shelf: `${title} withdrawn` });
  expect(gone).toEqual(keys);

  const answered = await Promise.all(accepted);
  expect(answered).toHaveLength(24);
  const [shelf] = await people.projectsTitled(`${title} withdrawn`);
  const kept = await people.rawTasks(shelf!);
  expect(kept.map(({ id, annotations }) => [id, annotations.length])).toEqual(
    answered.sort((a, b) => a - b).map((id) => [id, 1]),
  );
  // Whatever the server's own counters say of them.
  const found: number[] = [];
  for await (const page of board.listReviewedTasks(shelf!, undefined, { answered: true }))
    found.push(...page.map(({ taskId }) => taskId));
  expect(found).toEqual(answered);
  expect(await board.readProgress(projectId)).toMatchObject({ answered: expect.any(Number) });
});
