import { choiceResult } from '../../core/results.ts';

/** The result of an answer that names a class, as the labelling config of an `AnnotatedWorld` has it. */
export function said(label: string, key: string): ReturnType<typeof choiceResult> {
  return choiceResult({ fromName: 'choice', toName: 'image', label, key });
}
