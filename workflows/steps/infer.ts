import type { Datasource } from '../../core/datapoints.ts';
import { batchRule, labelScheme, scoreRule } from '../../core/loop-spec.ts';
import { needsVectors } from '../../core/selection/batch-rule.ts';
import { long, onInferQueue } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';

/** Shards under way at once, over all workers of the queue. */
const shardsAtOnce = 16;

/** Steps 6 and 7: predicts and scores the pool. Answers how many images were set aside, and the first few with their reasons. */
export async function infer(
  run: LoopRun,
  datasource: Pick<Datasource, 'id' | 'rootUrl'>,
  runId: string,
): Promise<{ unreadable: number; setAside: readonly string[] }> {
  enterPhase(run, 'infer');
  const { spec, cycle } = run.state;
  const { shardImages } = spec.inference;
  const embed = needsVectors(batchRule(spec, 0));
  const shards = await long.planInference({
    datasourceId: datasource.id,
    shardImages,
    ...(embed && { embed }),
  });
  const rule = scoreRule(spec);
  const scheme = labelScheme(spec);
  const { inferShard } = onInferQueue();
  const images = shards.reduce((sum, one) => sum + one.images, 0);
  const setAside: string[] = [];
  let unreadable = 0;
  let shardsDone = 0;
  let next = 0;
  const tell = () => {
    run.inference = { shardsDone, unreadable, shards: shards.length, images };
  };
  const lane = async (): Promise<void> => {
    for (let shard = shards[next++]; shard; shard = shards[next++]) {
      const summary = `infer ${shard.images} images of cycle ${cycle}`;
      const done = await inferShard.executeWithOptions({ summary }, [
        {
          runId,
          datasource,
          shard,
          rule,
          ...(spec.selection.costs && { costs: spec.selection.costs }),
          scheme,
          ...(embed && { embedFor: cycle }),
        },
      ]);
      shardsDone += 1;
      unreadable += done.unreadable;
      setAside.push(...(done.examples ?? []));
      tell();
    }
  };
  tell();
  await Promise.all(Array.from({ length: shardsAtOnce }, lane));
  run.inference = null;
  return { unreadable, setAside: setAside.slice(0, 3) };
}
