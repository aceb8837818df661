import { defineSearchAttributeKey } from '@temporalio/common';

/** The loop's search attributes, typed; `core/search-attributes.ts` names them for registration. */
export const searchAttributeKeys = {
  loop: defineSearchAttributeKey('LabelloopLoop', 'KEYWORD'),
  phase: defineSearchAttributeKey('LabelloopPhase', 'KEYWORD'),
  cycle: defineSearchAttributeKey('LabelloopCycle', 'INT'),
  bestMetric: defineSearchAttributeKey('LabelloopBestMetric', 'DOUBLE'),
};
