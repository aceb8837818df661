import { scoreNames, type ScoreName } from '../../core/scores/score-names.ts';

/** Scores that want more than one file of answers: what people answered, and another model's answers. */
export const fileMethods = ['active-lab', 'model-disagreement'] as const;
export type FileMethod = (typeof fileMethods)[number];

export type MethodName = ScoreName | FileMethod;
export const methodNames: readonly MethodName[] = [...scoreNames, ...fileMethods];
