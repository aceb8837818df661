import { inTurns } from '../../../core/selection/in-turns.ts';
import { LabelStudioBoard } from '../../../services/label-studio/label-studio-board.ts';
import { classificationLabelConfig } from '../../../core/label-config.ts';
import { choice, contractClasses, reviewTasks } from '../../contracts/annotation-board.ts';
import { LabelStudioPeople } from '../../support/label-studio-people.ts';
import { signUp } from '../../support/sign-up.ts';
import { readTestStack, type TestStack } from '../../support/stack-environment.ts';

const labelConfig = classificationLabelConfig(contractClasses);
let stack: TestStack;
let admin: LabelStudioPeople;
beforeAll(async () => {
  stack = await readTestStack();
  admin = new LabelStudioPeople(stack.labelStudio);
});

/** Those of a cluster one after the other, as scores would have them. */
const tasks = reviewTasks(12).map((task, index) => ({
  ...task,
  cluster: `looks like ${'abc'[Math.floor(index / 4)]}`,
}));
const clusterOf = new Map(tasks.map(({ key, cluster }) => [key, cluster]));

test('two people at the labelling stream get the batch in the order sent, and neither two that look alike in a row', async () => {
  const board = new LabelStudioBoard(stack.labelStudio);
  const title = `stream ${Date.now()}`;
  const projectId = await board.ensureProject({ title, description: 'A stream', labelConfig });
  const sent = inTurns(tasks, ({ cluster }) => cluster);
  await board.ensureTasks({ projectId, tasks: sent });
  const seen: { by: string; key: string }[] = [];
  const people = await Promise.all(
    ['ann', 'ben'].map((name) => signUp(stack.labelStudio, `${name}@${title.replace(' ', '-')}.example.com`)),
  );
  while (seen.length < tasks.length)
    for (const person of people) {
      const hands = new LabelStudioPeople(person);
      const task = await hands.call<{ id: number; data: { al_key: string } }>(
        'GET',
        `/api/projects/${projectId}/next`,
      );
      const key = task.data.al_key;
      seen.push({ by: person.email, key });
      await hands.call('POST', `/api/tasks/${task.id}/annotations/`, { result: choice(key), lead_time: 1 });
    }
  expect(seen.map(({ key }) => key)).toEqual(sent.map(({ key }) => key));
  for (const { email } of people) {
    const own = seen.filter(({ by }) => by === email).map(({ key }) => clusterOf.get(key));
    expect(own.filter((cluster, at) => cluster === own[at - 1])).toEqual([]);
  }
});

test("what looks alike is found in Label Studio's data manager by its cluster", async () => {
  const board = new LabelStudioBoard(stack.labelStudio);
  const projectId = await board.ensureProject({
    ...{ title: `alike ${Date.now()}`, description: 'A stream', labelConfig },
  });
  await board.ensureTasks({ projectId, tasks });
  const filter = {
    ...{ filter: 'filter:tasks:data.al_cluster', operator: 'equal', type: 'String', value: 'looks like b' },
  };
  const query = encodeURIComponent(JSON.stringify({ filters: { conjunction: 'and', items: [filter] } }));
  const found = await admin.call<{ tasks: { data: { al_key: string } }[] }>(
    'GET',
    `/api/tasks/?project=${projectId}&page_size=100&query=${query}`,
  );
  expect(found.tasks.map(({ data }) => data.al_key)).toEqual(tasks.slice(4, 8).map(({ key }) => key));
});
