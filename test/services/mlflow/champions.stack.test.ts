import { Agent, type Dispatcher } from 'undici';
import { MlflowTracker } from '../../../services/mlflow/mlflow-tracker.ts';
import { describeChampions } from '../../contracts/champions.ts';
import { MlflowPeople } from '../../support/mlflow-people.ts';
import { readTestStack } from '../../support/stack-environment.ts';

jest.setTimeout(60_000);

let names = 0;
const newName = () => `champions ${Date.now()} ${++names}`;

describeChampions('The client with MLflow', async () => {
  const { mlflowUri: trackingUri } = await readTestStack();
  const people = new MlflowPeople(trackingUri);
  return {
    tracker: new MlflowTracker({ trackingUri }),
    championOf: ({ name }) => people.championByAlias(name),
    move: ({ name }, { runId }) => people.setAlias(name, runId),
    newName,
  };
});

describeChampions('The client with an MLflow that has no registry', async () => {
  const { mlflowUri: trackingUri } = await readTestStack();
  const people = new MlflowPeople(trackingUri);
  return {
    tracker: new MlflowTracker({ trackingUri, dispatcher: new Agent().compose(withoutRegistry) }),
    championOf: ({ name, experimentId }) => people.championByTag(experimentId, name),
    move: async ({ name }, { runId, experimentId }) => {
      const before = await people.championByTag(experimentId, name);
      if (before !== null) await people.setTag(before, 'labelloop.champion', 'former');
      await people.setTag(runId, 'labelloop.champion', name);
    },
    newName,
  };
});

/** Leads calls of the registry to a path that no MLflow has, whose answer is that of an older one. */
function withoutRegistry(dispatch: Dispatcher['dispatch']): Dispatcher['dispatch'] {
  return (options, handler) =>
    dispatch(
      {
        ...options,
        path: options.path.replace(/\/mlflow\/(registered-models|model-versions)\//, '/mlflow/none/'),
      },
      handler,
    );
}
