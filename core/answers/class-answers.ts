import { classificationLabelConfig, controlOf } from '../label-config.ts';
import { choiceOf, choiceResult } from '../results.ts';
import type { Answers, LabelScheme } from './answers.ts';

/** One class an image, by a `Choices` control; classes stand as {@link choiceResult} writes them. */
export function classAnswers({ classes, labelConfig }: Omit<LabelScheme, 'task'>): Answers {
  const config = labelConfig ?? classificationLabelConfig(classes);
  const control = controlOf(config, { task: 'classification', tag: 'Choices', classes });
  const names = { fromName: control.name, toName: control.toName };
  return {
    labelConfig: config,
    isAnswer: (result) => result.length > 0,
    truthOf: (result, what) => ({ label: choiceOf(result, classes, what) }),
    resultOf: ({ path, truth }) => {
      if (!('label' in truth)) throw new Error('a classification answers with a class');
      return choiceResult({ ...names, label: truth.label, key: path });
    },
  };
}
