import { cancellationSignal, heartbeat, sleep } from '@temporalio/activity';
import type { Datasource } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface EnsureDatasourceInput {
  readonly name: string;
  readonly rootUrl: string;
}

export function ensureDatasourceActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 1: the datasource of that name, created if it is not there, scanned for new files, READY. Key: the name.
     *
     * @throws {@link DomainError} when scanning failed or the root holds no image: final.
     */
    async ensureDatasource(input: EnsureDatasourceInput): Promise<{ id: string; rootUrl: string }> {
      const signal = cancellationSignal();
      const datasource = await engine.ensureDatasource(input, signal);
      await engine.scanDatasource(datasource.id, signal);
      await untilReady(datasource.id);
      await engine.declareFields({ datasourceId: datasource.id, fields: Object.values(fields) }, signal);
      const pages = engine.queryDatapoints(
        { datasourceId: datasource.id, select: [fields.split.name], pageSize: 1 },
        signal,
      );
      for await (const { datapoints } of pages)
        if (datapoints.length > 0) return { id: datasource.id, rootUrl: datasource.rootUrl };
      throw new DomainError(
        `The datasource "${input.name}" has no image under ${input.rootUrl}. Put images there, or correct datasource.path.`,
      );
    },
  };

  async function untilReady(id: string): Promise<void> {
    for (;;) {
      const datasource: Datasource | null = await engine.findDatasource({ id }, cancellationSignal());
      if (!datasource) throw new DomainError(`The datasource ${id} is gone.`);
      if (datasource.status === 'READY') return;
      if (datasource.status === 'FAILED')
        throw new DomainError(
          `DagsHub could not read ${datasource.rootUrl} for the datasource "${datasource.name}" (${datasource.statusReason ?? 'status FAILED'}). Check that the path exists and that the repository may read it.`,
        );
      heartbeat(datasource.status);
      await sleep(1000);
    }
  }
}
