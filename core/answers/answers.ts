import type { ModelTask } from '../model-task.ts';
import type { ResultItem } from '../ports.ts';
import type { Truth } from '../truth.ts';
import { classAnswers } from './class-answers.ts';
import { objectAnswers } from './object-answers.ts';

/** What people are asked: of which classes, and by which labelling config. */
export interface LabelScheme {
  readonly task: ModelTask;
  /** In the model's order. */
  readonly classes: readonly string[];
  /** Label Studio's XML. Absent: one made from the classes. */
  readonly labelConfig?: string | undefined;
}

/** How answers and pre-annotations of a scheme stand in Label Studio. */
export interface Answers {
  /** The labelling config of the reviews. */
  readonly labelConfig: string;
  /** The items of a result that name a class: a labelling config may ask for other things too. */
  itemsOf(result: readonly ResultItem[]): readonly ResultItem[];
  /** Whether an annotation answers the task; one without any region does where nothing may be there to find. */
  isAnswer(result: readonly ResultItem[]): boolean;
  /**
   * What an annotation says.
   *
   * @param what - Names the annotation in messages.
   * @throws DomainError when it is no answer, or names a class that the scheme does not have. Never retried.
   */
  truthOf(result: readonly ResultItem[], what: string): Truth;
  /** The annotation that says so. Ids are hashes, so repeating it gives the same bytes. @param said - `path`: the datapoint's. */
  resultOf(said: { readonly path: string; readonly truth: Truth }): readonly ResultItem[];
}

/** @throws DomainError when the labelling config has no control for the task on the image, or misses a class. Never retried. */
export function answersOf(scheme: LabelScheme): Answers {
  return scheme.task === 'classification'
    ? classAnswers(scheme)
    : objectAnswers({ ...scheme, task: scheme.task });
}
