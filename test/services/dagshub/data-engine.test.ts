import { DagsHubDataEngine } from '../../../services/dagshub/data-engine.ts';
import { contractImages, describeDataEngine } from '../../contracts/data-engine.ts';
import { startLocalEngine, testRepo, testToken } from '../../support/local-engine.ts';

describeDataEngine('The DagsHub client with the local engine', async () => {
  const local = await startLocalEngine(contractImages);
  const engine = new DagsHubDataEngine({ host: local.engine.url, repo: testRepo, token: testToken });
  return { engine, rootUrl: local.rootUrl, emptyRootUrl: local.emptyRootUrl, close: () => local.close() };
});
