import { describeChampions, type ChampionsSetup } from '../contracts/champions.ts';
import { describeExperimentTracker } from '../contracts/experiment-tracker.ts';
import { FakeExperimentTracker } from './fake-experiment-tracker.ts';

let names = 0;

describeChampions('The fake in memory', championsOfFake({ hasRegistry: true }));
describeChampions('The fake in memory without a registry', championsOfFake({ hasRegistry: false }));

function championsOfFake(options: { hasRegistry: boolean }): () => Promise<ChampionsSetup> {
  return async () => {
    const tracker = new FakeExperimentTracker(options);
    return {
      tracker,
      championOf: async ({ name }) => tracker.champion(name),
      move: async ({ name }, { runId }) => tracker.moveChampion(name, runId),
      newName: () => `champions ${++names}`,
    };
  };
}

describeExperimentTracker('The fake in memory', async () => {
  const tracker = new FakeExperimentTracker();
  return {
    tracker,
    people: {
      run: async (runId) => tracker.run(runId),
      runsWithKey: async (experimentId, key) =>
        tracker
          .allRuns()
          .filter((run) => run.experimentId === experimentId && run.key === key)
          .map(({ runId }) => runId),
      modelVersions: async (name) =>
        tracker
          .modelVersions(name)
          .map(({ runId, tags }, index) => ({ version: String(index + 1), runId, tags })),
      // Nothing of the fake is ever gone.
      deleteExperiment: async () => undefined,
    },
    newName: () => `contract ${++names}`,
  };
});

test('counts its calls and throws what it was given, once', async () => {
  const tracker = new FakeExperimentTracker();
  tracker.failNext('ensureExperiment', new Error('down'));
  await expect(tracker.ensureExperiment('one')).rejects.toThrow('down');
  expect(await tracker.ensureExperiment('one')).toBe('1');
  expect(tracker.calls).toEqual({ ensureExperiment: 2 });
});

test('a server without a registry gives no version', async () => {
  const tracker = new FakeExperimentTracker({ hasRegistry: false });
  const experimentId = await tracker.ensureExperiment('one');
  const run = await tracker.ensureRun({ experimentId, key: 'k', name: 'n', startTimeMs: 1, tags: {} });
  expect(await tracker.ensureModelVersion({ name: 'm', run, path: 'model', tags: {} })).toBeNull();
});
