import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelScheme } from '../core/answers/answers.ts';
import { allOf, equals, type Datapoint } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { hashUnit } from '../core/hash.ts';
import type { ChosenBatch, PoolPart, PoolRow, PoolRules } from '../core/ports.ts';
import { predScore as predScoreOf } from '../core/scores/pred-score.ts';
import type { ProposedRow } from '../core/selection/batch.ts';
import { excludedFields, exclusion } from '../core/selection/batch-rule.ts';
import { isColdStart } from '../core/selection/cold-start.ts';
import { LowestKeys } from '../core/selection/lowest-keys.ts';
import type { BatchChoice, RecordedRow } from '../core/selection/selection-record.ts';
import { Shortlist, takesShortlist } from '../core/selection/shortlist.ts';
import { strategies } from '../core/selection/strategies.ts';
import { selectionSeed, type ChooseBatchInput, type ChooseDeps, type Reading } from './choose-batch-input.ts';
import { embeddingFiles } from './embedding-files.ts';
import { KnownOpinions } from './known-opinions.ts';
import { labelledDatapoints } from './labelled-datapoints.ts';
import { inTrain, isInPool, poolFields, wasSkipped } from './pool.ts';

/** Of an image without objects: open to the random arm, under every least informativeness. */
const noObjects = -1;
/** Quarantined rows that a record names. */
const namedRows = 100;

/**
 * Chooses by strategies that compare images; the arrays are the chooser's. Two-stage is given what it can choose, unless it is too early for scores; the
 * others the whole pool.
 */
export async function chooseByVectors(
  deps: ChooseDeps,
  input: ChooseBatchInput,
  { signal, onRows, onMarked }: Reading,
): Promise<BatchChoice> {
  const { rule, cycle, runId } = input;
  const scheme = schemeOf(input);
  const { predRun, predScore, predBoxes, selectedInCycle, annotation, nearHoldOut } = fields;
  const isExcluded = exclusion(rule.exclude ?? []);
  const counts = { rows: 0, pool: 0, centres: 0, labelled: 0, empty: 0 };
  const empty = new LowestKeys(rule.maxImages);
  const opinions = rule.secondOpinions ? new KnownOpinions(deps, { cycle, scheme }) : null;
  const randomCount = Math.round(rule.maxImages * rule.randomShare);
  let emptyCount = 0;
  let strategy = rule.strategy;
  let coldStart = false;

  const chosen = await deps.chooser.choose({ parts: parts(), rules }, signal);
  return { strategy, coldStart, ...counted(), ...inOrder(chosen) };

  async function* parts(): AsyncGenerator<PoolPart> {
    if (takesShortlist(rule)) yield* shortlist();
    else for await (const page of pages()) yield { rows: await withOpinions(page.map(rowOf), page) };
    yield* files();
  }

  async function* shortlist(): AsyncGenerator<PoolPart> {
    const list = new Shortlist(rule, selectionSeed(input));
    for await (const page of pages()) {
      const rows = page.map(rowOf);
      for (const row of rows) if (row.role === 'open') list.offer(row);
      yield { rows: rows.filter(({ role }) => role === 'centre') };
    }
    if (!isEarly()) {
      yield { rows: list.rows().map((row) => ({ ...row, role: 'open' as const })) };
      return;
    }
    const known = structuredClone(counts);
    for await (const page of pages()) yield { rows: page.map(rowOf).filter(({ role }) => role !== 'centre') };
    Object.assign(counts, known);
  }

  async function* pages(): AsyncGenerator<readonly Datapoint[]> {
    const found = deps.engine.queryDatapoints(
      {
        datasourceId: input.datasourceId,
        where: allOf(inTrain, equals(fields.embeddingRun.name, runId, fields.embeddingRun.valueType)),
        select: [
          ...poolFields,
          predRun.name,
          predScore.name,
          predBoxes.name,
          nearHoldOut.name,
          ...(opinions ? KnownOpinions.fields : []),
          ...excludedFields(rule.exclude ?? []),
        ],
        pageSize: 5000,
        ...(input.asOf !== undefined && { asOf: input.asOf }),
      },
      signal,
    );
    for await (const { datapoints } of found) {
      yield datapoints;
      onRows((counts.rows += datapoints.length));
    }
  }

  function withOpinions(rows: PoolRow[], page: readonly Datapoint[]): PoolRow[] | Promise<PoolRow[]> {
    const mayBeAsked = ({ path, fields: row }: Datapoint) =>
      row[fields.excluded.name] === undefined && !isExcluded(path, row);
    return opinions?.with(rows, page, mayBeAsked, signal) ?? rows;
  }

  async function* files(): AsyncGenerator<PoolPart> {
    const target = join(deps.workDir, 'selection', randomUUID());
    try {
      for await (const embeddingFile of embeddingFiles(deps.tracker, { runId, cycle, target }, signal)) {
        yield { embeddingFile };
        onRows(counts.rows);
        await rm(embeddingFile, { force: true });
      }
    } finally {
      await rm(target, { recursive: true, force: true });
    }
  }

  function rowOf(datapoint: Datapoint): PoolRow {
    const { path, fields: row } = datapoint;
    const isMarked = row[selectedInCycle.name] === cycle;
    if (isMarked) onMarked(path);
    const isClosed = row[annotation.name] === undefined && row[fields.excluded.name] !== undefined;
    const isNew = isMarked && row[fields.selectedAs.name] !== 'second-opinion';
    if (!isNew && !isInPool(datapoint) && !isClosed) {
      counts.centres += 1;
      if (row[annotation.name] !== undefined) counts.labelled += 1;
      return { id: path, role: 'centre', informativeness: NaN };
    }
    const isCopy = row[nearHoldOut.name] !== undefined && !isMarked;
    const isLeftAlone = isClosed || isExcluded(path, row) || wasSkipped(datapoint);
    if (row[predRun.name] !== runId || isCopy || isLeftAlone)
      return { id: path, role: 'closed', informativeness: NaN };
    counts.pool += 1;
    if (row[predBoxes.name] === 0) {
      counts.empty += 1;
      empty.offer({ key: path, rank: hashUnit(`${selectionSeed(input)}/empty`, path), tie: 0 });
      return { id: path, role: 'open', informativeness: noObjects };
    }
    return { id: path, role: 'open', informativeness: 1 - Number(row[predScore.name]) };
  }

  async function rules(): Promise<PoolRules> {
    const { maxImages, maxScore, nearDuplicates, quotas, options = {} } = rule;
    const classes = scheme.classes.length;
    const labels = quotas ? await labelsByClass() : {};
    coldStart = isEarly();
    if (coldStart) strategy = 'facility-location';
    const isRandom = strategy === 'random';
    if (!isRandom)
      emptyCount = Math.min(
        Math.round(maxImages * (rule.emptyShare ?? 0)),
        counts.empty,
        maxImages - randomCount,
      );
    const size = maxImages - emptyCount;
    return {
      strategy,
      size,
      seed: selectionSeed(input),
      randomShare: size === 0 ? 0 : randomCount / size,
      ...(!isRandom && { minInformativeness: coldStart ? 0 : 1 - maxScore }),
      ...(nearDuplicates !== undefined && { nearDuplicates }),
      ...(quotas && { quotas: { weights: quotas, labels } }),
      ...(isByActiveLab() && {
        secondOpinions: { classes: scheme.classes, annotators: opinions?.annotators ?? 0 },
      }),
      options: {
        classes,
        ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
      },
    };
  }

  /** Whether the rule rests on scores, and there are too few labels for them. */
  function isEarly(): boolean {
    const { needs } = strategies[rule.strategy];
    const restsOnScores =
      opinions !== null || (needs.includes('embeddings') && needs.some((need) => need !== 'embeddings'));
    return restsOnScores && isColdStart(counts.labelled, scheme.classes.length);
  }

  function isByActiveLab(): boolean {
    return opinions !== null && !coldStart;
  }

  async function labelsByClass(): Promise<Record<string, number>> {
    const labels: Record<string, number> = {};
    const { datasourceId, asOf } = input;
    if (scheme.task !== 'classification') return labels;
    const where = inTrain;
    for await (const page of labelledDatapoints(
      deps,
      { datasourceId, where, scheme, ...(asOf !== undefined && { asOf }) },
      signal,
    ))
      for (const { truth } of page)
        if ('label' in truth) labels[truth.label] = (labels[truth.label] ?? 0) + 1;
    return labels;
  }

  function counted() {
    const { pool, centres, labelled } = counts;
    return { pool, centres, labelled };
  }

  /** The strategy's first, then images without objects, then the random arm; by rank. */
  function inOrder({ chosen: rows, passedOver, quarantined, embedding, classes, clusters }: ChosenBatch) {
    const random = rows.filter(({ by }) => by === 'random');
    const isRandom = new Set(random.map(({ id }) => id));
    const empties = empty
      .sorted()
      .filter(({ key }) => !isRandom.has(key))
      .slice(0, emptyCount)
      .map(({ key }) => ({
        path: key,
        predScore: null,
        class: null,
        nearest: null,
        purpose: 'empty' as const,
      }));
    const scored = rows.filter(({ by }) => by !== 'random');
    const as = (purpose: 'score' | 'random') => (row: ProposedRow) => {
      const cluster = clusters[row.id];
      return {
        ...recorded(row),
        purpose: opinions?.isLabelled(row.id) ? ('second-opinion' as const) : purpose,
        ...(cluster !== undefined && { cluster }),
      };
    };
    return {
      embedding,
      chosen: [...scored.map(as('score')), ...empties, ...random.map(as('random'))].map(
        (one, rank): RecordedRow => ({ ...one, rank }),
      ),
      passedOver: passedOver.map((row) => ({ ...recorded(row), why: row.why })),
      quarantined: {
        count: quarantined.length,
        first: [...quarantined]
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, namedRows)
          .map(({ id, reason }) => ({ path: id, reason })),
      },
    };

    function recorded({ id, informativeness: value, nearest }: ProposedRow) {
      const byActiveLab = isByActiveLab() ? value : null;
      return {
        path: id,
        predScore: isByActiveLab() || value === null || value < 0 ? null : predScoreOf(value),
        class: classes[id] ?? null,
        nearest: nearest && { path: nearest.id, cosine: nearest.cosine },
        ...(byActiveLab !== null && { activeLab: byActiveLab }),
      };
    }
  }
}

function schemeOf({ scheme, rule }: ChooseBatchInput): LabelScheme {
  if (scheme) return scheme;
  throw new Error(`The strategy ${rule.strategy} was asked without the classes of the loop.`);
}
