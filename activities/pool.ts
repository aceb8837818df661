import { askedBefore } from '../core/asked-before.ts';
import {
  allOf,
  anyOf,
  compare,
  equals,
  isNull,
  type Datapoint,
  type FilterNode,
} from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';

export const inTrain: FilterNode = equals(fields.split.name, 'train', fields.split.valueType);

/** Nobody is asked about it: never was, or no more. */
export const isFree: FilterNode = anyOf(
  isNull(fields.selectedInCycle.name, fields.selectedInCycle.valueType),
  compare(fields.selectedInCycle.name, 'LESS_THAN', 0, fields.selectedInCycle.valueType),
);
export const notExcluded: FilterNode = isNull(fields.excluded.name, fields.excluded.valueType);

/** The pool: the unlabelled part of `train` that nobody is asked about, and that nobody excluded. Selection sees nothing else. */
export const inPool: FilterNode = allOf(
  inTrain,
  isNull(fields.annotation.name, fields.annotation.valueType),
  isFree,
  notExcluded,
);

/** Neither asked nor learnt from otherwise: what is known of it would be known of the hold-out. */
export const noHoldOutCopy: FilterNode = isNull(fields.nearHoldOut.name, fields.nearHoldOut.valueType);
/** Fields by which {@link isInPool} tells. */
export const poolFields = [
  fields.annotation.name,
  fields.selectedInCycle.name,
  fields.excluded.name,
  fields.askedBefore.name,
] as const;

/** Whether a datapoint of `train` is in the pool. */
export function isInPool({ fields: row }: Datapoint): boolean {
  const { annotation, selectedInCycle, excluded } = fields;
  return (
    row[annotation.name] === undefined &&
    row[excluded.name] === undefined &&
    Number(row[selectedInCycle.name] ?? -1) < 0
  );
}

/** Whether people skipped it: such an image is asked again whatever its score (`selectBatch`), and chosen by no strategy. */
export function wasSkipped({ fields: row }: Datapoint): boolean {
  return askedBefore(row[fields.askedBefore.name]).some(({ ended }) => ended === 'skipped');
}
