import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf } from '../core/answers/answers.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import { backInPool, fields } from '../core/fields.ts';
import { addsOpinions } from '../core/opinions/adds-opinions.ts';
import { answersInSource } from '../core/opinions/answers-in-source.ts';
import { givenInCycle } from '../core/opinions/given-in-cycle.ts';
import { standingAnswer, type Standing } from '../core/opinions/standing-answer.ts';
import type { ReviewedTask } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { settleSkips } from './ask-again.ts';
import { adoptAnnotations } from './adopt-annotations.ts';
import { askedRows, type AskedRow } from './asked-rows.ts';
import { classTies } from './class-ties.ts';
import type { CollectAnnotationsInput, CollectedFrom, CollectedReview } from './collect-annotations.ts';
import { hiddenSuggestion } from './hidden-suggestion.ts';
import { isHeldOf, labelChange } from './label-change.ts';
import { PeopleLog } from './people-log.ts';
import { recordReviewed } from './record-reviewed.ts';
import { replaceLabels } from './replace-labels.ts';
import { ReviewWatch } from './review-watch.ts';
import { readVerdicts } from './verdicts.ts';
import { withdrawRest } from './withdraw-rest.ts';
import { writeLabels, type NewLabel } from './write-labels.ts';

/** Of the answers that cannot be taken, so many are told. */
const toldAnswers = 3;

/**
 * One review's part of `collectAnnotations`: what people said of each task, page by page into the ledgers and then into `annotation`; at the end
 * what became of skipped and deleted tasks, and the metrics.
 *
 * @param known - What the Data Engine knows of the review's datapoints, by path; absent: it is asked.
 */
export async function collectReview(
  deps: Pick<ActivityDeps, 'engine' | 'board' | 'tracker' | 'workDir'>,
  input: CollectAnnotationsInput,
  { projectId, cycle, withdraw: why, changedSince, isShelf = false }: CollectedFrom,
  known?: ReadonlyMap<string, AskedRow>,
): Promise<CollectedReview> {
  const { engine, board, tracker } = deps;
  const { datasourceId, loop, scheme, opinions: rule } = input;
  const signal = cancellationSignal();
  const withdrawn =
    why === undefined ? 0 : await withdrawRest(deps, { loop, datasourceId, projectId, cycle, why }, signal);
  const rows =
    known ?? (await askedRows(engine, { datasourceId, cycle: input.oneProject ? null : cycle }, signal));
  const answers = answersOf(scheme);
  const verdicts = await readVerdicts(board, { rule, cycle, answers }, signal);
  const likeliest = await classTies(board, { projectId, rule, scheme, answers }, signal);
  const tie = (path: string) => rows.get(path)?.unseenClass ?? likeliest?.(path);
  const noticedAt = new Date(activityInfo().scheduledTimestampMs).toISOString();
  const review = { datasourceId, project: projectId, noticedAt };
  const watch = new ReviewWatch(answers);
  const isWhole = changedSince === undefined && !isShelf;
  const foreign = isWhole
    ? await adoptAnnotations(deps, { loop, datasourceId, projectId, cycle, answers }, rows, signal)
    : { adopted: 0, refused: [] };
  const people = new PeopleLog(answers, scheme, input.cost);
  const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
  let cleared = 0;
  let further = 0;
  const stale = new Set<number>();
  const refused: string[] = [];
  const skipped = new Set<string>();
  const seen = new Set<string>();
  foreign.refused.forEach(refuse);

  const only = { changedSince, answered: isShelf };
  for await (const listed of board.listReviewedTasks(projectId, signal, only)) {
    const tasks = isShelf ? listed.filter(({ key }) => rows.has(key)) : listed;
    const given = verdicts.isKnown ? { cycle, byPath: verdicts.given } : null;
    await recordReviewed(deps, review, tasks, rows, signal, given);
    const labels: NewLabel[] = [];
    const replaced = new Map<string, Truth | null>();
    for (const task of tasks) {
      const { key } = task;
      seen.add(key);
      const row = rows.get(key);
      const ofCycle = row?.cycle ?? cycle;
      const standing = standingAnswer(task, projectId, {
        answers,
        rule,
        verdict: verdicts.given.get(key),
        tie,
      });
      // Of an earlier cycle they were counted at its step.
      if (ofCycle === cycle) await tell(task, standing, row);
      standing.refused.forEach(refuse);
      // What some of the people asked have said is taken, and the rest still waited for.
      if (standing.state !== 'settled') counts[standing.state === 'skipped' ? 'skipped' : 'open'] += 1;
      if (standing.state === 'skipped') skipped.add(key);
      if (rule?.asTold && standing.answer) further += answersInSource(standing.answer.source).length - 1;
      const canReopen = verdicts.isKnown && ofCycle === cycle;
      const change = labelChange(task, standing, row, { projectId, answers, canReopen });
      if (change.kind === 'unchanged') counts.unchanged += 1;
      if (change.kind === 'gone') replaced.set(key, null);
      if (change.kind === 'refused') {
        counts.open += 1;
        refuse(change.reason);
      }
      if (change.kind === 'new') {
        const { answer, truth } = change;
        labels.push({ task, answer, truth, cycle: ofCycle, prediction: row?.prediction });
        const isAdded = rule?.asTold && addsOpinions(row?.source, answer.source);
        if (row?.source !== undefined && !isAdded) replaced.set(key, truth);
      }
    }
    await replace(replaced);
    await writeLabels(deps, { datasourceId, labels, answers }, signal);
    counts.collected += labels.length;
    heartbeat({ projectId, ...counts });
  }

  const settled =
    input.askAgain && isWhole ? await settleSkips(engine, { datasourceId, cycle, skipped }, signal) : {};
  if (changedSince === undefined) await clearDeleted();
  if (isWhole) {
    await watch.log(tracker, cycle, signal);
    await people.log(tracker, cycle, signal);
  }
  const more = Object.entries({ withdrawn, adopted: foreign.adopted, ...settled, cleared }).filter(
    ([, count]) => count > 0,
  );
  const { work } = people;
  const suggestions = input.tell ? watch.text : null;
  return {
    projectId,
    ...counts,
    ...(refused.length > 0 && { refused }),
    ...Object.fromEntries(more),
    ...(stale.size > 0 && { stale: [...stale] }),
    ...(further > 0 && isWhole && { further }),
    ...(work && { work }),
    ...(suggestions !== null && { suggestions }),
  };

  function refuse(reason: string): void {
    if (refused.length < toldAnswers) refused.push(reason.slice(0, 200));
  }

  /** For the metrics of the models that people saw the suggestions of, and did not see. */
  async function tell(task: ReviewedTask, standing: Standing, row: AskedRow | undefined): Promise<void> {
    const { given, answer } = standing;
    const now = givenInCycle(given, task, row?.purpose);
    people.add(task.key, { ...standing, given: now }, now === given ? row?.predRun : undefined);
    const hidden = await hiddenSuggestion(deps, task.key, row, signal);
    const consensus =
      given.length > 1 && answer ? (truthOrNull(answers, answer.result) ?? undefined) : undefined;
    for (const one of now) watch.add(one, { hidden, consensus });
  }

  async function replace(labels: ReadonlyMap<string, Truth | null>): Promise<void> {
    const done = await replaceLabels(deps, { datasourceId, loop, labels, rows }, signal);
    cleared += done.cleared;
    for (const one of done.stale) stale.add(one);
  }

  /** What the Data Engine holds of tasks that somebody deleted, or of answers to those that were withdrawn. */
  async function clearDeleted(): Promise<void> {
    const lost = [...rows].filter(([path, row]) => isHeldOf(row, projectId) && !seen.has(path));
    const paths = lost.map(([path]) => path);
    const gone = paths.map((key) => ({ key, taskId: 0, annotations: [] }));
    await recordReviewed(deps, review, gone, rows, signal);
    await replace(new Map(paths.map((path) => [path, null])));
    // Withdrawn once more.
    const { name: key, valueType } = fields.selectedInCycle;
    const entries = paths.map((path) => ({ path, key, valueType, value: backInPool }));
    if (isShelf) await engine.updateMetadata({ datasourceId, entries }, signal);
  }
}
