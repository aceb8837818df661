import { z } from 'zod';
import { DomainError } from '../errors.ts';
import type { ResultItem } from '../ports.ts';

export interface ImportedAnnotation {
  /** The datapoint's path. */
  readonly path: string;
  readonly result: readonly ResultItem[];
  /** `import/<file>#<task>`. */
  readonly source: string;
}

const tasksSchema = z.array(
  z.looseObject({
    data: z.record(z.string(), z.unknown()),
    annotations: z
      .array(
        z.looseObject({
          result: z.array(z.record(z.string(), z.unknown())),
          was_cancelled: z.boolean().nullish(),
        }),
      )
      .default([]),
  }),
);

/**
 * Reads a Label Studio JSON export: a list of tasks. The path is `data.al_key`, else `data.path`, else `data.image`. Tasks without an answer are passed over; of several answers the last counts.
 *
 * @throws {@link DomainError} naming file and task for anything else. Never retried.
 */
export function readLabelStudioTasks(text: string, file: string): ImportedAnnotation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError(`${file} is no JSON: ${(error as Error).message}`);
  }
  const tasks = tasksSchema.safeParse(value);
  if (!tasks.success) {
    const issue = tasks.error.issues[0];
    throw new DomainError(
      `${file} is no Label Studio export: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  return tasks.data.flatMap(({ data, annotations }, index) => {
    const answer = annotations.findLast(({ was_cancelled }) => was_cancelled !== true);
    if (!answer) return [];
    const path = data['al_key'] ?? data['path'] ?? data['image'];
    if (typeof path !== 'string' || path === '')
      throw new DomainError(
        `${file}: task ${index} has no data.al_key, data.path or data.image to find its image by.`,
      );
    return [{ path, result: answer.result, source: `import/${file}#${index}`.slice(-500) }];
  });
}
