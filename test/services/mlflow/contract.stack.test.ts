import { MlflowTracker } from '../../../services/mlflow/mlflow-tracker.ts';
import { describeExperimentTracker } from '../../contracts/experiment-tracker.ts';
import { MlflowPeople } from '../../support/mlflow-people.ts';
import { readTestStack } from '../../support/stack-environment.ts';

jest.setTimeout(60_000);

let names = 0;

describeExperimentTracker('The client with MLflow', async () => {
  const { mlflowUri: trackingUri } = await readTestStack();
  return {
    tracker: new MlflowTracker({ trackingUri }),
    people: new MlflowPeople(trackingUri),
    newName: () => `contract ${Date.now()} ${++names}`,
  };
});
