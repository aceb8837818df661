/** The search attributes a loop sets, with their types as Temporal's command line names them. The server must know them first. */
export const searchAttributes = {
  LabelloopLoop: 'Keyword',
  LabelloopPhase: 'Keyword',
  LabelloopCycle: 'Int',
  LabelloopBestMetric: 'Double',
} as const;
