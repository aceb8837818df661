import type { ActivityDeps } from './activity-deps.ts';
import { askedRows } from './asked-rows.ts';
import type { CollectAnnotationsInput, CollectedFrom } from './collect-annotations.ts';
import { answersInSource } from '../core/opinions/answers-in-source.ts';
import { verdictTitle } from '../core/opinions/opinion-rule.ts';
import { cycleOfTitle, loopTitle, reviewTitles } from '../core/review-title.ts';

/**
 * The loop's reviews that are left behind, each with the moment of the newest answer that is collected of it: whatever changed in it later was never
 * looked at. A look costs a question to the Data Engine and one to Label Studio a review.
 */
export async function lateReviews(
  { engine, board }: Pick<ActivityDeps, 'engine' | 'board'>,
  { loop, datasourceId, reviews, whole, opinions }: CollectAnnotationsInput,
  signal: AbortSignal,
): Promise<readonly CollectedFrom[]> {
  const open = new Set(reviews.map(({ projectId }) => projectId));
  const late: CollectedFrom[] = [];
  const byCycle = new Map<number, readonly string[]>();
  for (const { id: projectId, title } of await board.listProjects(reviewTitles(loop), signal)) {
    const cycle = title === loopTitle(loop) ? 0 : cycleOfTitle(loop, title);
    if (open.has(projectId) || cycle === null) continue;
    if (opinions && title === verdictTitle(opinions, cycle)) continue;
    const sources = byCycle.get(cycle) ?? (await sourcesOf(cycle));
    byCycle.set(cycle, sources);
    const newest = sources
      .filter((source) => source.startsWith(`${projectId}/`))
      .flatMap((source) => answersInSource(source).map(({ updatedAt }) => updatedAt))
      .reduce<string | null>((latest, at) => (latest !== null && isAfter(latest, at) ? latest : at), null);
    late.push({ projectId, cycle, ...(newest !== null && whole !== true && { changedSince: newest }) });
  }
  return late;

  async function sourcesOf(cycle: number): Promise<string[]> {
    const rows = await askedRows(engine, { datasourceId, cycle }, signal);
    return [...rows.values()].flatMap(({ source }) => source ?? []);
  }
}

/** By time, and within a millisecond by the digits that stand behind. */
function isAfter(one: string, other: string): boolean {
  return Date.parse(one) - Date.parse(other) > 0 || (Date.parse(one) === Date.parse(other) && one > other);
}
