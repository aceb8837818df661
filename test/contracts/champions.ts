import type { ExperimentTracker, RunRef } from '../../core/ports.ts';

export interface ChampionsSetup {
  readonly tracker: ExperimentTracker;
  /** The run that a person sees as the model's champion. */
  championOf(model: { name: string; experimentId: string }): Promise<string | null>;
  /** A person makes another run's model the champion. */
  move(model: { name: string }, run: RunRef): Promise<void>;
  /** A name nobody has used. */
  newName(): string;
}

/** The promises of `ExperimentTracker` about champions, with a registry and without one. */
export function describeChampions(title: string, setUp: () => Promise<ChampionsSetup>): void {
  describe(`${title} keeps the promises about champions`, () => {
    let setup: ChampionsSetup;
    let name: string;
    let experimentId: string;

    beforeAll(async () => {
      setup = await setUp();
    });
    beforeEach(async () => {
      name = setup.newName();
      experimentId = await setup.tracker.ensureExperiment(name);
    });

    function train(cycle: number): Promise<RunRef> {
      const startTimeMs = 1_700_000_000_000 + cycle;
      const tags = { 'labelloop.cycle': String(cycle) };
      return setup.tracker.ensureRun({
        experimentId,
        key: `${name}/${cycle}`,
        name: 'a run',
        startTimeMs,
        tags,
      });
    }

    test('a model has none before one is set', async () => {
      const run = await train(1);
      expect(await setup.tracker.findChampion({ name, experimentId })).toBeNull();
      await setup.tracker.ensureModelVersion({ name, run, path: 'model', tags: {} });
      expect(await setup.tracker.findChampion({ name, experimentId })).toBeNull();
    });

    test('a version is found by its number and by the alias; where it is not, or without a registry, there is null', async () => {
      const { tracker } = setup;
      const run = await train(1);
      const version = await tracker.ensureModelVersion({ name, run, path: 'model', tags: {} });
      await tracker.setChampion({ name, run });
      const found = version === null ? null : { run: { runId: run.runId }, path: 'model' };
      const by = async (input: { version: string } | { alias: string }) => {
        const answer = await tracker.findModelVersion({ name, ...input });
        return answer && { run: { runId: answer.run.runId }, path: answer.path };
      };
      expect(await by({ version: version ?? '1' })).toEqual(found);
      expect(await by({ alias: 'champion' })).toEqual(found);
      expect(await by({ version: '999' })).toBeNull();
      expect(await by({ alias: 'nobody' })).toBeNull();
      expect(await tracker.findModelVersion({ name: `${name}-none`, version: '1' })).toBeNull();
    });

    test('it is the run set last, however often it is set, registered or not', async () => {
      const { tracker } = setup;
      const [first, second] = [await train(1), await train(2)];
      await tracker.ensureModelVersion({ name, run: first, path: 'model', tags: {} });
      for (const run of [first, first, second, second, first]) {
        await tracker.setChampion({ name, run });
        const found = await tracker.findChampion({ name, experimentId });
        expect(found).toMatchObject({
          runId: run.runId,
          tags: { 'labelloop.cycle': run.tags['labelloop.cycle'] },
        });
        expect(await setup.championOf({ name, experimentId })).toBe(run.runId);
      }
    });

    test('two models have two', async () => {
      const run = await train(1);
      await setup.tracker.setChampion({ name, run });
      expect(await setup.tracker.findChampion({ name: setup.newName(), experimentId })).toBeNull();
    });

    test('people may move it', async () => {
      const [first, second] = [await train(1), await train(2)];
      await setup.tracker.setChampion({ name, run: first });
      await setup.tracker.setChampion({ name, run: second });
      await setup.move({ name }, first);
      expect(await setup.tracker.findChampion({ name, experimentId })).toMatchObject({ runId: first.runId });
    });
  });
}
