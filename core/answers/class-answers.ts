import { classificationLabelConfig, controlOf } from '../label-config.ts';
import type { ResultItem } from '../ports.ts';
import { choiceOf, choiceResult } from '../results.ts';
import type { Answers, LabelScheme } from './answers.ts';
import { askedItems } from './asked-items.ts';

/** One class an image, by a `Choices` control; classes stand as {@link choiceResult} writes them. */
export function classAnswers({ classes, labelConfig }: Omit<LabelScheme, 'task'>): Answers {
  const config = labelConfig ?? classificationLabelConfig(classes);
  const { name, toName, others } = controlOf(config, { task: 'classification', classes });
  const itemsOf = (result: readonly ResultItem[]) => askedItems(result, others);
  return {
    labelConfig: config,
    itemsOf,
    isAnswer: (result) => itemsOf(result).length > 0,
    truthOf: (result, what) => ({ label: choiceOf(itemsOf(result), classes, what) }),
    resultOf: ({ path, truth }) => {
      if (!('label' in truth)) throw new Error('a classification answers with a class');
      return choiceResult({ fromName: name, toName, label: truth.label, key: path });
    },
  };
}
