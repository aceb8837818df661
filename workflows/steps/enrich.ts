import type { Datasource } from '../../core/datapoints.ts';
import { datasourceName, labelScheme } from '../../core/loop-spec.ts';
import { long } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';

/** Steps 1 and 2: the datasource with the images that are there now, each with its split; the first time with the annotations that came with them. */
export async function enrich(run: LoopRun): Promise<Pick<Datasource, 'id' | 'rootUrl'>> {
  enterPhase(run, 'enrich');
  const { state } = run;
  const { spec, cycle } = state;
  const datasource = await long.ensureDatasource({
    name: datasourceName(spec),
    rootUrl: spec.datasource.path,
  });
  state.datasource = datasource;
  let imported = state.images?.imported;
  if (cycle === 0 && spec.importAnnotations.length > 0)
    imported = await long.importAnnotations({
      datasource,
      scheme: labelScheme(spec),
      imports: spec.importAnnotations,
    });
  const images = await long.assignSplits({
    datasourceId: datasource.id,
    rule: spec.splits,
    seed: spec.seed,
  });
  state.images = { ...images, ...(imported && { imported }) };
  return datasource;
}
