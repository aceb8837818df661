/** An annotation of a Label Studio project, as it was at a time. */
export interface AnnotationPlace {
  readonly projectId: number;
  readonly id: number;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** The annotations that an `annotation_source` names; none where it is no answer of Label Studio. */
export function answersInSource(source: string): AnnotationPlace[] {
  const [project, ...rest] = source.split('/');
  if (!/^\d+$/.test(project ?? '')) return [];
  return rest
    .join('/')
    .split(',')
    .flatMap((answer) => {
      const [, id, updatedAt] = /^(\d+)@(.*)$/.exec(answer) ?? [];
      return id === undefined || updatedAt === undefined
        ? []
        : [{ projectId: Number(project), id: Number(id), updatedAt }];
    });
}
