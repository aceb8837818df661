import type { ActivityDeps } from './activity-deps.ts';
import { assignSplitsActivity } from './assign-splits.ts';
import { checkConnectionsActivity } from './check-connections.ts';
import { copyLabelConfigActivity } from './copy-label-config.ts';
import { collectAnnotationsActivity } from './collect-annotations.ts';
import { ensureDatasourceActivity } from './ensure-datasource.ts';
import { evaluateModelActivity } from './evaluate-model.ts';
import { importAnnotationsActivity } from './import-annotations.ts';
import { inferShardActivity } from './infer-shard.ts';
import { openReviewActivity } from './open-review.ts';
import { planInferenceActivity } from './plan-inference.ts';
import { readReviewActivity } from './read-review.ts';
import { remindAnnotatorsActivity } from './remind-annotators.ts';
import { resizeBatchActivity } from './resize-batch.ts';
import { selectBatchActivity } from './select-batch.ts';
import { selectFirstBatchActivity } from './select-first-batch.ts';
import { trainModelActivity } from './train-model.ts';
import { withdrawTasksActivity } from './withdraw-tasks.ts';

/** All steps of the cycle, over the ports they are given. Workflows know its return type and nothing more. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...checkConnectionsActivity(deps),
    ...copyLabelConfigActivity(deps),
    ...ensureDatasourceActivity(deps),
    ...assignSplitsActivity(deps),
    ...importAnnotationsActivity(deps),
    ...selectFirstBatchActivity(deps),
    ...trainModelActivity(deps),
    ...evaluateModelActivity(deps),
    ...planInferenceActivity(deps),
    ...inferShardActivity(deps),
    ...selectBatchActivity(deps),
    ...openReviewActivity(deps),
    ...readReviewActivity(deps),
    ...collectAnnotationsActivity(deps),
    ...withdrawTasksActivity(deps),
    ...resizeBatchActivity(deps),
    ...remindAnnotatorsActivity(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
