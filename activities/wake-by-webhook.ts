import type { ActivityDeps } from './activity-deps.ts';

/** Tells Label Studio where a project's events go, if there is a place; the loop polls as well. */
export async function wakeByWebhook(
  { board, webhook }: Pick<ActivityDeps, 'board' | 'webhook'>,
  { projectId, workflowId }: { projectId: number; workflowId: string },
  signal: AbortSignal,
): Promise<void> {
  if (!webhook) return;
  const url = `${webhook.url}/webhooks/label-studio/${encodeURIComponent(workflowId)}`;
  const headers = { 'X-Labelloop-Secret': webhook.secret };
  await board.ensureWebhook({ projectId, url, headers }, signal);
}
