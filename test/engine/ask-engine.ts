import { request } from 'undici';
import { testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';

interface Data {
  createDatasource: { id: string };
  datasource: { preprocessingStatus: string }[];
  datasourceQuery: {
    edges: { node: { id: string; path: string; metadata: { key: string; value: unknown }[] } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
    selectFields: { name: string; originalName: string; asOf: number | null }[];
    queryDataTime: number;
  };
  datapointHistory: {
    edges: { node: { path: string; history: { timestamp: number }[] } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
  deleteDatapoint: { path: string }[];
  saveDataset: { id: string; name: string; createdAt: number };
  deleteDataset: { id: string; name: string };
  dataset: { id: string; name: string; datasetQuery: string; datasource: { id: string; name: string } }[];
}

/** Asks a local engine in GraphQL. @throws Error with the first message of a request that is refused. */
export async function askEngine(
  local: LocalEngine,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const response = await request(`${local.engine.url}/api/v1/repos/${testRepo}/data-engine/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${testToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.body.json()) as { data: Data; errors?: { message: string }[] };
  if (answer.errors?.[0]) throw new Error(answer.errors[0].message);
  return answer.data;
}

/** A datasource over the engine's images, once it is scanned. @returns Its id. */
export async function createDatasource(local: LocalEngine, name = 'teeth'): Promise<string> {
  const { createDatasource: made } = await askEngine(
    local,
    'mutation($name: String!, $url: String!) { createDatasource(name: $name, url: $url, dsType: BUCKET) { id } }',
    { name, url: local.rootUrl },
  );
  await scanned(local, made.id);
  return made.id;
}

export async function scanned(local: LocalEngine, id: string): Promise<void> {
  for (;;) {
    const { datasource } = await askEngine(
      local,
      'query($id: ID) { datasource(id: $id) { preprocessingStatus } }',
      {
        id,
      },
    );
    if (datasource[0]?.preprocessingStatus !== 'IN_PROGRESS') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
