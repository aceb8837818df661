import { LabelStudioBoard } from '../../../services/label-studio/label-studio-board.ts';
import { describeAnnotationBoard } from '../../contracts/annotation-board.ts';
import { LabelStudioPeople } from '../../support/label-studio-people.ts';
import { readTestStack } from '../../support/stack-environment.ts';

let titles = 0;

describeAnnotationBoard('The client with Label Studio', async () => {
  const { labelStudio } = await readTestStack();
  return {
    board: new LabelStudioBoard(labelStudio),
    people: new LabelStudioPeople(labelStudio),
    newTitle: () => `contract ${Date.now()} ${++titles} x`,
    webhookUrl: 'http://127.0.0.1:1/hook',
    somebody: labelStudio.username,
  };
});
