import { DomainError } from '../errors.ts';
import { boxOfShape, ringsOfShape } from '../formats/shape-forms.ts';
import type { ImageObject } from '../formats/annotated-image.ts';
import { FormatReport } from '../formats/format-report.ts';
import { objectsOfResult, objectsToResult } from '../formats/label-studio-objects.ts';
import { controlOf, objectLabelConfig } from '../label-config.ts';
import type { ResultItem } from '../ports.ts';
import { listed } from '../results.ts';
import type { Answers, LabelScheme } from './answers.ts';
import { askedItems } from './asked-items.ts';

/** In which shape each task shows an object. */
const forms = {
  detection: ({ label, shape, ...rest }: ImageObject): ImageObject => ({
    ...rest,
    label,
    shape: { kind: 'box', boxPx: boxOfShape(shape) },
  }),
  segmentation: ({ label, shape, ...rest }: ImageObject): ImageObject => ({
    ...rest,
    label,
    shape: { kind: 'polygon', ringsPx: ringsOfShape(shape) },
  }),
} as const;

/**
 * Any number of objects an image, none included: a person who sends an empty annotation says that there is nothing. Boxes for detection,
 * polygons for segmentation; what people draw in another shape, where the labelling config lets them, is taken as well.
 */
export function objectAnswers({
  task,
  classes,
  labelConfig,
}: Omit<LabelScheme, 'task'> & { task: keyof typeof forms }): Answers {
  const inForm = forms[task];
  const config = labelConfig ?? objectLabelConfig(task, classes);
  const { name, toName, others } = controlOf(config, { task, classes });
  const itemsOf = (result: readonly ResultItem[]) => askedItems(result, others);
  const controls = { toName, box: name, polygon: name, mask: name };
  return {
    labelConfig: config,
    itemsOf,
    isAnswer: () => true,
    truthOf: (result, what) => {
      const read = objectsOfResult(itemsOf(result), { place: what, report: new FormatReport() });
      const objects = (read?.objects ?? []).map(inForm);
      const stranger = objects.find(({ label }) => !classes.includes(label));
      if (stranger)
        throw new DomainError(
          `${what} names the class "${stranger.label}"; the loop knows ${listed(classes)}.`,
        );
      return { objects, sizePx: read && { width: read.width, height: read.height } };
    },
    resultOf: ({ path, truth }) => {
      if (!('objects' in truth)) throw new Error(`${task} answers with objects`);
      if (!truth.sizePx) return [];
      return objectsToResult({ path, ...truth.sizePx, objects: truth.objects.map(inForm) }, controls);
    },
  };
}
