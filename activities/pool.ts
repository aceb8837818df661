import { allOf, equals, isNull, type FilterNode } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';

/** The pool: the unlabelled part of `train` that nobody was asked about. Selection sees nothing else. */
export const inPool: FilterNode = allOf(
  equals(fields.split.name, 'train', fields.split.valueType),
  isNull(fields.annotation.name, fields.annotation.valueType),
  isNull(fields.selectedInCycle.name, fields.selectedInCycle.valueType),
);

/** Neither asked nor learnt from otherwise: what is known of it would be known of the hold-out. */
export const noHoldOutCopy: FilterNode = isNull(fields.nearHoldOut.name, fields.nearHoldOut.valueType);
