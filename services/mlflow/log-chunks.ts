import type { Metric } from '../../core/ports.ts';

export interface LogBatch {
  readonly metrics: readonly { key: string; value: number | string; timestamp: number; step: number }[];
  readonly params: readonly { key: string; value: string }[];
  readonly tags: readonly { key: string; value: string }[];
}

/** MLflow takes 1,000 metrics, 100 params and 100 tags a request, and 1,000 items in all. */
const perRequest = { metrics: 800, params: 100, tags: 100 };

/** Cuts what is to be logged into requests the server takes. Nothing to log gives no request. */
export function logChunks(batch: {
  metrics?: readonly Metric[];
  params?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
}): LogBatch[] {
  const metrics = (batch.metrics ?? []).map(({ key, value, step, timestampMs }) => ({
    key,
    value: Number.isNaN(value) ? 'NaN' : value,
    timestamp: timestampMs,
    step,
  }));
  const params = pairs(batch.params);
  const tags = pairs(batch.tags);
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

function pairs(values: Readonly<Record<string, string>> = {}): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function slice<T>(items: readonly T[], size: number, index: number): T[] {
  return items.slice(index * size, (index + 1) * size);
}
