import { describeAnnotationBoard, reviewTasks, type BoardPeople } from '../contracts/annotation-board.ts';
import { classificationLabelConfig } from '../../core/label-config.ts';
import { FakeAnnotationBoard } from './fake-annotation-board.ts';

let titles = 0;

describeAnnotationBoard('The fake in memory', async () => {
  const board = new FakeAnnotationBoard();
  const people: BoardPeople = {
    answer: async (projectId, key, result) => void board.answer(projectId, key, result),
    answerSuggestion: async (projectId, key, result) => void board.answerSuggestion(projectId, key, result),
    skip: async (projectId, key) => void board.skip(projectId, key),
    begin: async (projectId, key) => board.begin(projectId, key),
    revise: async (projectId, key, result) => void board.revise(projectId, key, result),
    retract: async (projectId, key) => board.retract(projectId, key),
    close: async (projectId, key) => board.close(projectId, key),
    storedTasks: async (projectId) =>
      board
        .project(projectId)
        .tasks.map(({ key, imageUrl, predictions }) => ({ key, imageUrl, predictions })),
    projectsTitled: async (title) => board.projectsTitled(title),
    modelVersion: async (projectId) => board.project(projectId).modelVersion,
    webhooks: async (projectId) => board.project(projectId).webhooks,
  };
  return {
    board,
    people,
    newTitle: () => `contract ${++titles} x`,
    webhookUrl: 'http://hook.test/a',
    somebody: 'ada@example.com',
  };
});

test('counts its calls and throws what it was given, once', async () => {
  const board = new FakeAnnotationBoard();
  const input = { title: 'one', description: '', labelConfig: classificationLabelConfig(['cat']) };
  board.failNext('ensureProject', new Error('down'));
  await expect(board.ensureProject(input)).rejects.toThrow('down');
  const projectId = await board.ensureProject(input);
  await board.ensureTasks({ projectId, tasks: reviewTasks(1) });
  expect(board.calls).toEqual({ ensureProject: 2, ensureTasks: 1 });
});
