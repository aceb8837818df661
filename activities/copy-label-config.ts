import { cancellationSignal } from '@temporalio/activity';
import type { LabelScheme } from '../core/answers/answers.ts';
import { DomainError } from '../core/errors.ts';
import { assertAsksForClasses } from '../core/label-config.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface CopyLabelConfigInput {
  /** Of the project to copy from. */
  readonly title: string;
  readonly scheme: LabelScheme;
}

export function copyLabelConfigActivity({ board }: Pick<ActivityDeps, 'board'>) {
  return {
    /**
     * The labelling config of another project, once it is seen to ask for the loop's classes. Read only.
     *
     * @throws DomainError when there is no such project, or its config does not ask for the classes: final, before anything is made.
     */
    async copyLabelConfig({ title, scheme }: CopyLabelConfigInput): Promise<string> {
      const labelConfig = await board.findLabelConfig(title, cancellationSignal());
      if (labelConfig === null)
        throw new DomainError(`review.copyFrom: Label Studio has no project titled "${title}".`);
      assertAsksForClasses(
        labelConfig,
        scheme,
        `The labelling config of the project "${title}" (review.copyFrom)`,
      );
      return labelConfig;
    },
  };
}
