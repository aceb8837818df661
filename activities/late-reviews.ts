import type { ActivityDeps } from './activity-deps.ts';
import { askedRows, type AskedRow } from './asked-rows.ts';
import type { CollectAnnotationsInput, CollectedFrom } from './collect-annotations.ts';
import { takeUpAnswered } from './take-up-answered.ts';
import { answersInSource } from '../core/opinions/answers-in-source.ts';
import { verdictTitle } from '../core/opinions/opinion-rule.ts';
import { cycleOfTitle, loopTitle, reviewTitles, withdrawnTitle } from '../core/review-title.ts';

export interface LateReview extends CollectedFrom {
  /** What the Data Engine knows of its cycle's datapoints, by path. */
  readonly rows: ReadonlyMap<string, AskedRow>;
}

/**
 * The loop's reviews that are left behind, each with the moment of the newest answer that is collected of it: whatever changed in it later was never
 * looked at. A look costs a question to the Data Engine and one to Label Studio a review. What was withdrawn and answered all the same is asked by its
 * cycle again.
 */
export async function* lateReviews(
  { engine, board }: Pick<ActivityDeps, 'engine' | 'board'>,
  { loop, datasourceId, reviews, whole, opinions, oneProject }: CollectAnnotationsInput,
  signal: AbortSignal,
): AsyncGenerator<LateReview> {
  const open = new Set(reviews.map(({ projectId }) => projectId));
  for (const { id: projectId, title } of await board.listProjects(reviewTitles(loop), signal)) {
    const cycle = title === loopTitle(loop) ? 0 : cycleOfTitle(loop, title);
    if (open.has(projectId) || cycle === null) continue;
    if (opinions && title === verdictTitle(opinions, cycle)) continue;
    const isShelf = title === withdrawnTitle(loop, cycle);
    if (isShelf) await takeUpAnswered({ engine, board }, { datasourceId, projectId, cycle }, signal);
    const rows = await askedRows(
      engine,
      { datasourceId, cycle: oneProject && !isShelf ? null : cycle },
      signal,
    );
    if (isShelf) {
      yield { projectId, cycle, rows, isShelf };
      continue;
    }
    const newest = [...rows.values()]
      .flatMap(({ source }) => answersInSource(source ?? ''))
      .flatMap((answer) => (answer.projectId === projectId ? answer.updatedAt : []))
      .reduce<string | null>((latest, at) => (latest !== null && isAfter(latest, at) ? latest : at), null);
    yield { projectId, cycle, rows, ...(newest !== null && whole !== true && { changedSince: newest }) };
  }
}

/** By time, and within a millisecond by the digits that stand behind. */
function isAfter(one: string, other: string): boolean {
  return Date.parse(one) - Date.parse(other) > 0 || (Date.parse(one) === Date.parse(other) && one > other);
}
