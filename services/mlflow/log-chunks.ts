import { DomainError } from '../../core/errors.ts';
import type { Metric } from '../../core/ports.ts';

export interface LogBatch {
  readonly metrics: readonly { key: string; value: number | string; timestamp: number; step: number }[];
  readonly params: readonly { key: string; value: string }[];
  readonly tags: readonly { key: string; value: string }[];
}

/** MLflow takes 1,000 metrics, 100 params and 100 tags a request, 1,000 items in all. Params and tags are fewer here: 1 MB is the most. */
const perRequest = { metrics: 800, params: 100, tags: 50 };

/** Longer values are cut by the server without a word, and a tag that was JSON is none any more. */
const longest = { param: 6_000, tag: 8_000 };

/**
 * Cuts what is to be logged into requests the server takes. Nothing to log gives no request.
 *
 * @throws DomainError when a param or tag is longer than MLflow keeps.
 */
export function logChunks(batch: {
  metrics?: readonly Metric[];
  params?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
}): LogBatch[] {
  const metrics = (batch.metrics ?? []).map(({ key, value, step, timestampMs }) => ({
    key,
    // JSON has no word for NaN and the infinities; MLflow takes them as text.
    value: Number.isFinite(value) ? value : String(value),
    timestamp: timestampMs,
    step,
  }));
  const params = pairs('param', batch.params);
  const tags = pairs('tag', batch.tags);
  const requests = Math.max(
    Math.ceil(metrics.length / perRequest.metrics),
    Math.ceil(params.length / perRequest.params),
    Math.ceil(tags.length / perRequest.tags),
  );
  return Array.from({ length: requests }, (_, index) => ({
    metrics: slice(metrics, perRequest.metrics, index),
    params: slice(params, perRequest.params, index),
    tags: slice(tags, perRequest.tags, index),
  }));
}

function pairs(
  kind: 'param' | 'tag',
  values: Readonly<Record<string, string>> = {},
): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => {
    if (value.length > longest[kind])
      throw new DomainError(
        `The ${kind} "${key}" has ${value.length} characters; MLflow keeps ${longest[kind]}.`,
      );
    return { key, value };
  });
}

function slice<T>(items: readonly T[], size: number, index: number): T[] {
  return items.slice(index * size, (index + 1) * size);
}
