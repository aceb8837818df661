import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { isNotNull, isNull, type Datapoint } from '../core/datapoints.ts';
import { fields, type Split } from '../core/fields.ts';
import { groupOfPath, type SplitRule } from '../core/split-rule.ts';
import { splitOf } from '../core/splits.ts';
import { StratifiedSplits } from '../core/stratified-splits.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface AssignSplitsInput {
  readonly datasourceId: string;
  readonly rule: SplitRule;
  readonly seed: number;
}

export interface AssignSplitsResult {
  /** Datapoints that got a split now. */
  readonly assigned: Readonly<Record<Split, number>>;
  /** Datapoints left without one, since they lack the field that groups are told by. They are not in the pool. */
  readonly ungrouped: number;
}

/** Says the split of a datapoint; null while its group is not known. */
type Decide = (datapoint: Datapoint) => Split | null;

const { name: splitField, valueType } = fields.split;

export function assignSplitsActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 2: gives every datapoint without `split` one: by a keyed hash of its path or its group, or by permuted blocks within its stratum.
     * Existing values are never changed.
     */
    async assignSplits({ datasourceId, rule, seed }: AssignSplitsInput): Promise<AssignSplitsResult> {
      const signal = cancellationSignal();
      const decide = rule.by && 'stratify' in rule.by ? await byBlocks(rule.by.stratify) : byHash(rule, seed);
      const assigned = { train: 0, valid: 0, test: 0 };
      let ungrouped = 0;
      const pages = engine.queryDatapoints(
        { datasourceId, where: isNull(splitField, valueType), select: [splitField, ...fieldsOf(rule)] },
        signal,
      );
      for await (const { datapoints } of pages) {
        const entries = [];
        for (const datapoint of datapoints) {
          const value = decide(datapoint);
          if (value === null) {
            ungrouped += 1;
            continue;
          }
          assigned[value] += 1;
          entries.push({ path: datapoint.path, key: splitField, valueType, value });
        }
        await engine.updateMetadata({ datasourceId, entries }, signal);
        heartbeat({ assigned });
      }
      return { assigned, ungrouped };

      /** Counts who has a split already, so that an attempt after a killed one goes on where that was. */
      async function byBlocks(field: string): Promise<Decide> {
        const splits = new StratifiedSplits(rule, seed);
        const settled = engine.queryDatapoints(
          { datasourceId, where: isNotNull(splitField, valueType), select: [field] },
          signal,
        );
        for await (const { datapoints } of settled) {
          for (const datapoint of datapoints) splits.count(stratumOf(datapoint, field));
          heartbeat('counting the strata');
        }
        return (datapoint) => splits.next(stratumOf(datapoint, field));
      }
    },
  };
}

function byHash(rule: SplitRule, seed: number): Decide {
  const { by } = rule;
  if (by && 'path' in by) {
    const pattern = new RegExp(by.path);
    return ({ path }) => splitOf(groupOfPath(pattern, path), rule, seed);
  }
  if (by && 'field' in by)
    return ({ fields: values }) => {
      const group = values[by.field];
      return group === undefined ? null : splitOf(String(group), rule, seed);
    };
  return ({ path }) => splitOf(path, rule, seed);
}

/** Those without the value are a stratum too. */
function stratumOf({ fields: values }: Datapoint, field: string): string {
  return String(values[field] ?? '');
}

function fieldsOf({ by }: SplitRule): string[] {
  if (by && 'field' in by) return [by.field];
  return by && 'stratify' in by ? [by.stratify] : [];
}
