import { allOf, compare, equals, isNull } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { datasourceName, type LoopSpec } from '../core/loop-spec.ts';
import type { DataEngine } from '../core/ports.ts';

/** Where people annotate what a loop asks in a project of their own making. */
export interface AnnotationLink {
  /** Of DagsHub's page; null: nothing waits for an answer. */
  readonly link: string | null;
  readonly cycle: number | null;
  readonly images: number;
}

const { selectedInCycle, annotation, excluded } = fields;
/** What the loop notes of an image, its score among it, is nobody's business who shall look at it. */
const ownFields = Object.values(fields).map(({ name }) => name);

/**
 * As DagsHub's `annotate()`: a link to the page on which a person names the Label Studio project for the images that the newest cycle asks, and that
 * nobody has annotated. What comes of it is `annotation` in the Data Engine, where `collectAnnotations` takes it over. Each call is a new link.
 *
 * @throws DomainError when the loop has no datasource yet.
 */
export async function annotationLink(
  engine: DataEngine,
  spec: LoopSpec,
  signal?: AbortSignal,
): Promise<AnnotationLink> {
  const name = datasourceName(spec);
  const datasource = await engine.findDatasource({ name }, signal);
  if (!datasource)
    throw new DomainError(`The repository ${spec.repo} has no datasource "${name}": nothing was asked yet.`);
  const { id: datasourceId, rootUrl } = datasource;
  const cycle = await newestCycle(engine, datasourceId, signal);
  if (cycle === null) return { link: null, cycle, images: 0 };
  const datapoints: { id: string; url: string }[] = [];
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where: allOf(
        equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
        isNull(annotation.name, annotation.valueType),
        isNull(excluded.name, excluded.valueType),
      ),
      select: [fields.selectedRank.name],
      orderBy: [{ field: fields.selectedRank.name, order: 'ASC' }],
    },
    signal,
  );
  for await (const page of pages)
    for (const { id, path } of page.datapoints)
      datapoints.push({ id, url: engine.downloadUrl({ rootUrl, path }) });
  if (datapoints.length === 0) return { link: null, cycle, images: 0 };
  const link = await engine.annotationLink({ datasourceId, datapoints, hiddenFields: ownFields }, signal);
  return { link, cycle, images: datapoints.length };
}

async function newestCycle(
  engine: DataEngine,
  datasourceId: string,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const { name: field, valueType } = selectedInCycle;
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where: compare(field, 'GREATER_EQUAL_THAN', 0, valueType),
      select: [field],
      orderBy: [{ field, order: 'DESC' }],
      pageSize: 1,
    },
    signal,
  );
  for await (const { datapoints } of pages) {
    const [newest] = datapoints;
    return newest ? Number(newest.fields[field]) : null;
  }
  return null;
}
