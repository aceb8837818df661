import { copyLabelConfigActivity } from '../../activities/copy-label-config.ts';
import { classificationLabelConfig } from '../../core/label-config.ts';
import { AnnotatedWorld, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(1);
});
afterEach(() => world.remove());

function copy(title: string) {
  return runActivity(copyLabelConfigActivity(world).copyLabelConfig, { title, scheme });
}

test("answers the other project's labelling config", async () => {
  const labelConfig = classificationLabelConfig(scheme.classes);
  await world.board.ensureProject({ title: 'Pets of 2025', description: '', labelConfig });
  expect(await copy('Pets of 2025')).toBe(labelConfig);
});

test.each([
  ['no such project', 'Pets', 'review.copyFrom: Label Studio has no project titled "Pets".'],
  [
    'a project without one of the classes',
    'Cats of 2025',
    'The labelling config of the project "Cats of 2025" (review.copyFrom): <Choices name="choice"> misses "dog"; add a <Choice> for each class.',
  ],
  [
    'a project with further classes',
    'Zoo of 2025',
    'The labelling config of the project "Zoo of 2025" (review.copyFrom): <Choices name="choice"> offers "cow", of which the loop knows nothing; take that out, or name it in classes.',
  ],
])('%s is final, and tells what to do', async (_, title, message) => {
  for (const [name, classes] of [
    ['Cats of 2025', ['cat']],
    ['Zoo of 2025', ['cat', 'cow', 'dog']],
  ] as const)
    await world.board.ensureProject({
      title: name,
      description: '',
      labelConfig: classificationLabelConfig(classes),
    });
  await expect(copy(title)).rejects.toMatchObject({ type: 'DomainError', nonRetryable: true, message });
});
