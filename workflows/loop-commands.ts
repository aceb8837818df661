import type { UpdateDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { canScore, canSelect, stopSchema } from '../core/loop-spec.ts';
import { keptEntries, type Steering } from '../core/loop-state.ts';
import { loopScoreNames, scores } from '../core/scores/score-names.ts';
import { strategyNames } from '../core/selection/strategy-names.ts';
import type { LoopRun } from './loop-run.ts';
import * as messages from './messages.ts';
import { runStatus } from './run-status.ts';

/** Of one command: all of them stand in history. */
const maxPaths = 100;

/**
 * Takes people's commands: each is checked before it enters history, carried out once by its id, and kept for the audit. They change the
 * run's state or its wishes.
 */
export function handleCommands(run: LoopRun): void {
  const { state, wishes } = run;
  const { spec } = state;
  const status = () => runStatus(run);

  handle(messages.closeReviewUpdate, 'closeReview', {
    check: () => {
      const { phase } = status();
      if (phase !== 'wait for annotations')
        throw new Error(`No review is waited for; the loop is at "${phase}".`);
    },
    carryOut: () => {
      wishes.closing = true;
    },
  });
  handle(messages.pauseUpdate, 'pause', {
    carryOut: () => {
      state.paused = true;
    },
  });
  handle(messages.resumeUpdate, 'resume', {
    carryOut: () => {
      state.paused = false;
    },
  });
  handle(messages.stopUpdate, 'stop', {
    carryOut: ({ by, why }) => {
      wishes.stopping = `stopped by ${by}: ${why}`;
    },
  });
  handle<messages.ChangeBudget>(messages.changeBudgetUpdate, 'changeBudget', {
    check: ({ labels, cycles }) => {
      if (labels === undefined && cycles === undefined) throw new Error('Give labels, cycles or both.');
      atLeastOne('labels', labels);
      atLeastOne('cycles', cycles);
    },
    carryOut: ({ labels, cycles, by, why }) => {
      if (labels !== undefined) spec.stop.labels = labels;
      if (labels !== undefined) resize(by, why);
      if (cycles !== undefined) spec.stop.cycles = cycles;
    },
  });
  handle<messages.ChangeStop>(messages.changeStopUpdate, 'changeStop', {
    check: ({ stop }) => {
      if (Object.keys(stop).length === 0) throw new Error('Give a rule of stop, or several.');
      const fault = stopSchema.safeParse(changedStop(stop)).error?.issues[0];
      if (fault) throw new Error(`${['stop', ...fault.path].join('.')}: ${fault.message}.`);
    },
    carryOut: ({ stop }) => {
      spec.stop = stopSchema.parse(changedStop(stop));
    },
  });
  handle<messages.ChangeSelection>(messages.changeSelectionUpdate, 'changeSelection', {
    check: ({ score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare }) => {
      const given = [score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare];
      if (given.every((value) => value === undefined))
        throw new Error(
          'Give score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare or several of them.',
        );
      const notByActiveLab = [strategy, beta, nearDuplicates, maxScore].some((value) => value !== undefined);
      if (spec.selection.secondOpinions && notByActiveLab)
        throw new Error(
          'The loop asks the highest by ActiveLab (selection.secondOpinions): give maxImages, randomShare or score.',
        );
      if (score !== undefined && !(loopScoreNames.includes(score) && canScore(spec.task, score)))
        throw new Error(`score is "${score}", which no ${spec.task} can have.`);
      if (score !== undefined && scores[score].needs === 'costs' && !spec.selection.costs)
        throw new Error(`score is "${score}", and the loop has no selection.costs.`);
      if (strategy !== undefined && !(strategyNames.includes(strategy) && canSelect(spec.task, strategy)))
        throw new Error(`strategy is "${strategy}", which no ${spec.task} can be selected by.`);
      if (beta !== undefined && !(beta >= 1 && beta < Infinity))
        throw new Error(`beta is ${beta}; it must be 1 or more.`);
      inUnitInterval('nearDuplicates', nearDuplicates);
      atLeastOne('maxImages', maxImages);
      inUnitInterval('maxScore', maxScore);
      inUnitInterval('randomShare', randomShare);
    },
    carryOut: ({ score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare, by, why }) => {
      if (score !== undefined) spec.selection.score = score;
      if (strategy !== undefined) spec.selection.strategy = strategy;
      if (beta !== undefined) spec.selection.options = { ...spec.selection.options, beta };
      if (nearDuplicates !== undefined) spec.selection.nearDuplicates = nearDuplicates;
      if (maxImages !== undefined) spec.selection.maxImages = maxImages;
      if (maxImages !== undefined) resize(by, why);
      if (maxScore !== undefined) spec.selection.maxScore = maxScore;
      if (randomShare !== undefined) spec.selection.randomShare = randomShare;
    },
  });
  handle<messages.SteerImages>(messages.excludeDatapointUpdate, 'excludeDatapoint', {
    check: ({ paths }) => somePaths(paths),
    carryOut: (input) => steer('exclude', input),
  });
  handle<messages.SteerImages>(messages.withdrawTaskUpdate, 'withdrawTask', {
    check: ({ paths }) => {
      somePaths(paths);
      if (state.reviews.length === 0)
        throw new Error(`No review is open; the loop is at "${status().phase}".`);
    },
    carryOut: (input) => steer('withdraw', input),
  });

  function steer(wish: Steering['command'], { paths, by, why }: messages.SteerImages): void {
    state.steering = [...(state.steering ?? []), { command: wish, paths, by, why }];
  }

  /** Of the batch that is being chosen or asked; a later one is chosen by the rules of then. */
  function resize(by: string, why: string): void {
    const newest = state.history.at(-1);
    const isAsked = newest !== undefined && newest.cycle === state.cycle && newest.selected > 0;
    if (state.cycle > 0 && (isAsked || status().phase === 'select')) state.resize = { by, why };
  }

  function somePaths(paths: readonly string[]): void {
    if (!Array.isArray(paths) || paths.length === 0 || paths.length > maxPaths)
      throw new Error(`Give 1 to ${maxPaths} paths of images; for more, repeat the command.`);
    const wrong: unknown = paths.find((path) => typeof path !== 'string' || path === '');
    if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no path of an image.`);
    if ((state.steering ?? []).length >= keptEntries)
      throw new Error(
        `${keptEntries} such wishes wait to be carried out already; try again after this step.`,
      );
  }

  function changedStop(changes: messages.ChangeStop['stop']): object {
    return Object.fromEntries(
      Object.entries({ ...spec.stop, ...changes }).filter(([, value]) => value !== null),
    );
  }

  function handle<C extends messages.Command>(
    update: UpdateDefinition<messages.LoopStatus, [C]>,
    command: string,
    { check, carryOut }: { check?: (input: C) => void; carryOut: (input: C) => void },
  ): void {
    setHandler(
      update,
      (input: C) => {
        if (!state.commandIds.includes(input.commandId)) {
          state.commandIds = [...state.commandIds, input.commandId].slice(-keptEntries);
          const decision = { at: new Date().toISOString(), command, by: input.by, why: input.why };
          state.decisions = [...state.decisions, decision].slice(-keptEntries);
          carryOut(input);
        }
        return status();
      },
      {
        validator: (input: C) => {
          if (state.commandIds.includes(input.commandId)) return;
          if (!input.commandId || !input.by || !input.why)
            throw new Error(`"${command}" needs "commandId", "by" and "why", for the audit.`);
          const { ended } = status();
          if (ended !== null) throw new Error(`The loop has ended: ${ended}.`);
          check?.(input);
        },
      },
    );
  }
}

function atLeastOne(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= 1))
    throw new Error(`${name} is ${value}; it must be a whole number from 1.`);
}

function inUnitInterval(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 0 && value <= 1))
    throw new Error(`${name} is ${value}; it must be in 0..1.`);
}
