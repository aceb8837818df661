import { contractImages, describeDataEngine } from '../contracts/data-engine.ts';
import { FakeDataEngine } from './fake-data-engine.ts';

describeDataEngine('The fake in memory', async () => {
  const rootUrl = 's3://digits/data';
  const emptyRootUrl = 's3://digits/none';
  const engine = new FakeDataEngine({
    roots: { [rootUrl]: contractImages, [emptyRootUrl]: [] },
    readsUntilReady: 2,
  });
  return { engine, rootUrl, emptyRootUrl, close: async () => undefined };
});

test('counts its calls and throws what it was given, once', async () => {
  const engine = new FakeDataEngine({ roots: {} });
  engine.failNext('findDatasource', new Error('down'));
  await expect(engine.findDatasource({ name: 'x' })).rejects.toThrow('down');
  expect(await engine.findDatasource({ name: 'x' })).toBeNull();
  expect(engine.calls).toEqual({ findDatasource: 2 });
});
