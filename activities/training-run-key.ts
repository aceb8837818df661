/** The key of a cycle's training run: the same for every attempt. */
export function trainingRunKey({ workflowId, cycle }: { workflowId: string; cycle: number }): string {
  return `${workflowId}/${cycle}/train`;
}
