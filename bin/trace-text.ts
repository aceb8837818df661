import type { DatapointTrace } from '../client/trace-datapoint.ts';
import type { Answers } from '../core/answers/answers.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import type { AnnotationVersion, LedgerEntry } from '../core/ledger/ledger-entry.ts';
import { answersInSource } from '../core/opinions/answers-in-source.ts';
import type { ResultItem } from '../core/ports.ts';

/** A datapoint's trace in sentences, oldest first. */
export function traceText(
  { path, source, entries, models }: DatapointTrace,
  answers: Pick<Answers, 'truthOf'>,
): string {
  const seen = new Set<string>();
  return [
    entries.length === 0 ? `${path} was never sent to people.` : `${path}:`,
    ...entries.map((entry) => `  ${sentence(entry)}`),
    source === null ? 'It has no annotation.' : `Its annotation is ${holds(source)}.`,
  ].join('\n');

  function sentence(entry: LedgerEntry): string {
    const { project } = entry;
    switch (entry.event) {
      case 'sent':
        return `cycle ${entry.cycle}: sent as ${entry.purpose} to project ${project}, ${suggested(entry.suggestedBy)}`;
      case 'withdrawn':
        return `cycle ${entry.cycle}: withdrawn from project ${project}: ${entry.why}`;
      case 'deleted':
        return `annotation ${entry.annotation} of project ${project} was gone by ${entry.noticedAt}`;
      case 'answered':
        return `${entry.updatedAt} ${person(entry)} ${verb(entry, 'answered')} ${said(entry.result)}, starting ${start(entry.startedFrom)}${time(entry)}`;
      case 'skipped':
        return `${entry.updatedAt} ${person(entry)} ${verb(entry, 'skipped')} it${time(entry)}`;
    }
  }

  /** A further version of an annotation is a correction. */
  function verb({ project, annotation }: AnnotationVersion, first: string): string {
    const key = `${project}/${annotation}`;
    if (seen.has(key)) return first === 'answered' ? 'corrected that to' : 'changed that and skipped';
    seen.add(key);
    return first;
  }

  function suggested(runId: string | null): string {
    return runId === null ? 'without a suggestion' : `with the suggestion of ${model(runId)}`;
  }

  function start(runId: string | null): string {
    return runId === null ? 'from nothing' : `from the suggestion of ${model(runId)}`;
  }

  function model(runId: string): string {
    const known = models[runId];
    if (!known) return `run ${runId}`;
    const version = known.modelVersion === null ? '' : `, version ${known.modelVersion}`;
    return `${known.cycle === null ? 'a model' : `cycle ${known.cycle}'s model`}${version} (run ${runId})`;
  }

  function said(result: readonly ResultItem[]): string {
    const truth = truthOrNull(answers, result);
    if (!truth) return 'what the loop cannot take';
    if ('label' in truth) return `"${truth.label}"`;
    const labels = [...new Set(truth.objects.map(({ label }) => `"${label}"`))].sort();
    const count = truth.objects.length;
    return count === 0 ? 'that nothing is there' : `${count} objects (${labels.join(', ')})`;
  }
}

function person({ annotator, annotation, project }: AnnotationVersion): string {
  const who = annotator === null ? 'somebody' : `annotator ${annotator}`;
  return `${who} (annotation ${annotation} of project ${project})`;
}

function time({ leadTimeSeconds }: AnnotationVersion): string {
  return leadTimeSeconds === null ? '' : `, in ${leadTimeSeconds.toFixed(1)} s`;
}

function holds(source: string): string {
  const places = answersInSource(source).map(
    ({ projectId, id, updatedAt }) => `annotation ${id} of project ${projectId}, as of ${updatedAt}`,
  );
  if (places.length > 0) return places.join(' and ');
  const [, by, at] = /^data-engine\/(.*)@(.*)$/.exec(source) ?? [];
  if (at === undefined) return source;
  return `what ${by ? `person ${by}` : 'somebody'} annotated in the Data Engine${at ? `, as of ${at}` : ''}`;
}
