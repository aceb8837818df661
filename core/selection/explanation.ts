import { askedBefore } from '../asked-before.ts';
import { fields } from '../fields.ts';
import type { RecordedRow, SelectionRecord } from './selection-record.ts';

/** What is known of an image's way through a loop. */
export interface ImageFacts {
  readonly path: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** Of the cycle that chose it; for one that was not chosen of the newest cycle. Null: there is none. */
  readonly record: SelectionRecord | null;
}

/** Why an image is asked, or is not, and what became of earlier questions: a sentence each. */
export function explanation(facts: ImageFacts): string[] {
  const { path, fields: row } = facts;
  const excluded = row[fields.excluded.name];
  const before = askedBefore(row[fields.askedBefore.name]).map(
    ({ cycle, purpose, ended, why }) =>
      `Cycle ${cycle} asked it (${purpose}), and it was ${ended}${why === '' ? '' : `: ${why}`}.`,
  );
  if (excluded !== undefined)
    return [`"${path}" is excluded, and never asked again: ${String(excluded)}.`, ...before];
  return [...ofSelection(facts), ...before];
}

function ofSelection(facts: ImageFacts): string[] {
  const { path, fields: row } = facts;
  const purpose = row[fields.selectedAs.name];
  const cycle = row[fields.selectedInCycle.name];
  if (purpose === 'hold-out')
    return [
      `"${path}" is part of the hold-out: drawn at random from the test split, by a hash of its path and the loop's seed, before anything was selected.`,
      'It measures models; selection never sees it.',
    ];
  if (purpose === 'validation')
    return [
      `"${path}" is part of the validation set: drawn at random from the valid split, by a hash of its path and the loop's seed.`,
      'It stops trainings early; selection never sees it.',
    ];
  if (purpose === 'first')
    return [
      `"${path}" is part of the first batch: drawn at random from the train split in cycle 0, before there was a model.`,
    ];
  if (purpose === 'again' && typeof cycle === 'number' && cycle >= 0)
    return [`"${path}" is asked again in cycle ${cycle}, before all others: it was skipped once.`];
  if (typeof cycle === 'number' && cycle >= 0) return chosenSentences(facts, cycle);
  if (row[fields.annotation.name] !== undefined)
    return [
      `"${path}" was never asked: it came with its annotation${sourceOf(row[fields.annotationSource.name])}.`,
    ];
  const split = row[fields.split.name];
  if (split !== 'train')
    return [
      split === undefined
        ? `"${path}" is in no split yet, so in no pool.`
        : `"${path}" is in the split ${String(split)} and was not drawn from it; only images of train are selected.`,
    ];
  const error = row[fields.predError.name];
  if (error !== undefined && row[fields.predRun.name] === undefined)
    return [`"${path}" is in the pool, but was set aside by MLflow run ${String(error)}.`];
  return poolSentences(facts);
}

function chosenSentences({ path, record }: ImageFacts, cycle: number): string[] {
  const chosen = record?.chosen.find((one) => one.path === path);
  if (!record || !chosen)
    return [
      `"${path}" is marked as chosen in cycle ${cycle}, but the record of that cycle does not name it.`,
    ];
  const how = {
    score: `by ${nameOf(record)}`,
    random: 'at random from the whole pool, whatever its score, so that the gain over chance can be told',
    empty: 'at random among the images in which the model found no object',
    'second-opinion':
      'by ActiveLab for a second opinion: what one more person says of it tells more than a first answer to a new image',
  }[chosen.purpose];
  const next = record.passedOver.find(({ why }) => why === 'full');
  return [
    `"${path}" was chosen in cycle ${cycle} as number ${chosen.rank + 1} of ${record.chosen.length}, ${how}.`,
    ...(record.coldStart && chosen.purpose === 'score'
      ? [
          `With ${record.labelled ?? 0} labels it was too early for scores, so ${record.strategy} covered the pool instead of ${record.rule.secondOpinions ? 'ActiveLab' : record.rule.strategy}.`,
        ]
      : []),
    ...(chosen.activeLab === undefined
      ? []
      : [
          `Its ActiveLab score was ${number(chosen.activeLab)} (1 is asked first)${chosen.class === null ? '' : `, and models that have not seen a label of it take it for ${chosen.class}`}.`,
        ]),
    ...(chosen.predScore === null
      ? []
      : [
          `Its pred_score was ${number(chosen.predScore)} (0 is asked first)${chosen.class === null ? '' : `, and the model took it for ${chosen.class}`}.`,
        ]),
    ...(chosen.nearest
      ? [
          `Of what was labelled or chosen before it, "${chosen.nearest.path}" is most like it (cosine ${number(chosen.nearest.cosine)}).`,
        ]
      : []),
    ...poolFacts(record),
    ...(next && (chosen.purpose === 'score' || chosen.purpose === 'second-opinion')
      ? [`The first that the batch had no room for is "${next.path}"${scoreOf(next)}.`]
      : []),
  ];
}

function poolSentences({ path, fields: row, record }: ImageFacts): string[] {
  if (!record) return [`"${path}" is in the pool, and no batch has been selected from it yet.`];
  const { cycle, passedOver, quarantined, chosen } = record;
  const set = quarantined.first.find((one) => one.path === path);
  if (set) return [`"${path}" could not be ranked in cycle ${cycle}: ${set.reason}.`];
  const late = passedOver.filter(({ why }) => why === 'full');
  const place = late.findIndex((one) => one.path === path);
  if (place >= 0)
    return [
      `"${path}" was not chosen in cycle ${cycle}: it came up as number ${place + 1} after the batch of ${chosen.length} was full.`,
      ...poolFacts(record),
    ];
  const double = passedOver.find((one) => one.path === path);
  if (double)
    return [
      `"${path}" was not chosen in cycle ${cycle}: it is as good as the same as "${double.nearest?.path ?? ''}" (cosine ${number(double.nearest?.cosine ?? NaN)}).`,
      ...poolFacts(record),
    ];
  const score = row[fields.predScore.name];
  const last = chosen.filter(({ purpose }) => purpose === 'score').at(-1);
  return [
    `"${path}" is in the pool and did not come up in cycle ${cycle}.`,
    ...(typeof score === 'number' ? [`Its pred_score is ${number(score)} (0 is asked first).`] : []),
    ...(last && scoreOf(last) !== ''
      ? [`The last that ${nameOf(record)} chose is "${last.path}"${scoreOf(last)}.`]
      : []),
  ];
}

function poolFacts({ pool, runId, asOf, seed, cycle, embedding }: SelectionRecord): string[] {
  const by =
    embedding === null
      ? ''
      : `, with vectors of ${embedding.columns} numbers by ${embedding.by === 'model' ? 'the model' : `the rule ${embedding.by}`}`;
  return [
    `There were ${pool} images to choose from, scored by the model of MLflow run ${runId}${by}; Data Engine as of ${new Date(asOf * 1000).toISOString()}, seed ${seed}/${cycle}.`,
  ];
}

/** What chose by scores. */
function nameOf({ rule, coldStart, strategy }: SelectionRecord): string {
  return rule.secondOpinions && !coldStart ? 'ActiveLab' : strategy;
}

function scoreOf({ activeLab, predScore }: SelectionRecord['passedOver'][number] | RecordedRow): string {
  if (activeLab !== undefined) return ` (ActiveLab ${number(activeLab)})`;
  return predScore === null ? '' : ` (pred_score ${number(predScore)})`;
}

function sourceOf(source: string | number | boolean | undefined): string {
  return source === undefined ? '' : ` (${String(source)})`;
}

function number(value: number): string {
  return value.toFixed(3);
}
