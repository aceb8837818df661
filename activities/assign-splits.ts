import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { isNotNull, isNull, type Datapoint } from '../core/datapoints.ts';
import type { EnrichedImages } from '../core/enriched-images.ts';
import { fields, splits, type Split } from '../core/fields.ts';
import { groupOfPath, type SplitRule } from '../core/split-rule.ts';
import { splitOf } from '../core/splits.ts';
import { StratifiedSplits } from '../core/stratified-splits.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface AssignSplitsInput {
  readonly datasourceId: string;
  readonly rule: SplitRule;
  readonly seed: number;
}

export type AssignSplitsResult = Omit<EnrichedImages, 'imported'>;

interface Decider {
  /** Hears of a datapoint that has a split: an attempt after a killed one goes on where that was. */
  settled(datapoint: Datapoint): void;
  /** The split of one without; null while its group is not known. */
  next(datapoint: Datapoint): Split | null;
}

const { name: splitField, valueType } = fields.split;

export function assignSplitsActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 2: gives every datapoint without `split` one: by a keyed hash of its path or its group, or by permuted blocks within its stratum.
     * Existing values are never changed. Tells how many datapoints each split holds then.
     */
    async assignSplits({ datasourceId, rule, seed }: AssignSplitsInput): Promise<AssignSplitsResult> {
      const signal = cancellationSignal();
      const select = [splitField, ...fieldsOf(rule)];
      const counts = { train: 0, valid: 0, test: 0 };
      const decide = decider(rule, seed);
      let ungrouped = 0;
      let foreign = 0;

      const settled = { datasourceId, where: isNotNull(splitField, valueType), select };
      for await (const { datapoints } of engine.queryDatapoints(settled, signal)) {
        for (const datapoint of datapoints) {
          const split = splits.find((one) => one === datapoint.fields[splitField]);
          if (split === undefined) foreign += 1;
          else counts[split] += 1;
          decide.settled(datapoint);
        }
        heartbeat({ counts });
      }
      const open = { datasourceId, where: isNull(splitField, valueType), select };
      for await (const { datapoints } of engine.queryDatapoints(open, signal)) {
        const entries = [];
        for (const datapoint of datapoints) {
          const value = decide.next(datapoint);
          if (value === null) {
            ungrouped += 1;
            continue;
          }
          counts[value] += 1;
          entries.push({ path: datapoint.path, key: splitField, valueType, value });
        }
        await engine.updateMetadata({ datasourceId, entries }, signal);
        heartbeat({ counts });
      }
      return { splits: counts, ungrouped, foreign };
    },
  };
}

function decider(rule: SplitRule, seed: number): Decider {
  const { by } = rule;
  if (by && 'stratify' in by) {
    const blocks = new StratifiedSplits(rule, seed);
    return {
      settled: (datapoint) => blocks.count(stratumOf(datapoint, by.stratify)),
      next: (datapoint) => blocks.next(stratumOf(datapoint, by.stratify)),
    };
  }
  const group = groupBy(rule);
  return {
    settled: () => undefined,
    next: (datapoint) => {
      const name = group(datapoint);
      return name === null ? null : splitOf(name, rule, seed);
    },
  };
}

/** What a datapoint's split is drawn by; null while that is not known. */
function groupBy({ by }: SplitRule): (datapoint: Datapoint) => string | null {
  if (by && 'path' in by) {
    const pattern = new RegExp(by.path);
    return ({ path }) => groupOfPath(pattern, path);
  }
  if (by && 'field' in by)
    return ({ fields: values }) => {
      const group = values[by.field];
      return group === undefined ? null : String(group);
    };
  return ({ path }) => path;
}

/** Those without the value are a stratum too. */
function stratumOf({ fields: values }: Datapoint, field: string): string {
  return String(values[field] ?? '');
}

function fieldsOf({ by }: SplitRule): string[] {
  if (by && 'field' in by) return [by.field];
  return by && 'stratify' in by ? [by.stratify] : [];
}
