import { allOf, equals, isNull, type Datapoint, type FilterNode } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';

export const inTrain: FilterNode = equals(fields.split.name, 'train', fields.split.valueType);

/** The pool: the unlabelled part of `train` that nobody was asked about. Selection sees nothing else. */
export const inPool: FilterNode = allOf(
  inTrain,
  isNull(fields.annotation.name, fields.annotation.valueType),
  isNull(fields.selectedInCycle.name, fields.selectedInCycle.valueType),
);

/** Neither asked nor learnt from otherwise: what is known of it would be known of the hold-out. */
export const noHoldOutCopy: FilterNode = isNull(fields.nearHoldOut.name, fields.nearHoldOut.valueType);
/** Fields by which {@link isInPool} tells. */
export const poolFields = [fields.annotation.name, fields.selectedInCycle.name] as const;

/** Whether a datapoint of `train` is in the pool. */
export function isInPool({ fields: row }: Datapoint): boolean {
  return poolFields.every((name) => row[name] === undefined);
}
