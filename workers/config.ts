import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { QueueName } from '../core/task-queues.ts';
import { inferDevices, type InferDevice } from '../models/runner/infer-devices.ts';
import { payloadCodecs } from '../services/temporal/payload-codecs.ts';
import { ConfigError } from './config-error.ts';

/** Everything a worker takes from its environment. It holds secrets: it goes into no payload and no log. */
export interface WorkerConfig {
  readonly temporal: {
    readonly connection: NativeConnectionOptions;
    readonly namespace: string;
    /** Encryption, where there are keys. */
    readonly payloadCodecs: PayloadCodec[];
  };
  /** `owner/name`; a worker serves one repository. */
  readonly repo: string;
  readonly dagshub: { readonly host: string; readonly token: string };
  readonly mlflow: {
    readonly trackingUri: string;
    readonly username?: string;
    readonly password?: string;
  };
  /** Null where the queues do not need it. */
  readonly labelStudio: { readonly url: string; readonly apiKey: string } | null;
  readonly webhook?: { readonly url: string; readonly secret: string };
  /** Where reminders to annotators are posted; null: nowhere. It may be a secret. */
  readonly reminderUrl: string | null;
  /** Absolute. */
  readonly workDir: string;
  readonly inferThreads: number;
  readonly inferDevice: InferDevice;
  /** What decoded images may take of the work folder; 0: none are kept. */
  readonly imageCacheBytes: number;
  /** Where Prometheus finds the metrics, `host:port`; null: nowhere. */
  readonly metricsAddress: string | null;
  /** What trainers are told to compute on: `cpu`, `cuda:0`. */
  readonly trainDevice: string;
  /** Names this version of the code to Temporal, which then leads loops to the current version; null: any worker takes any loop. */
  readonly buildId: string | null;
}

const url = z
  .string()
  .refine(isPlainUrl, 'must be an http:// or https:// address without user or password')
  .transform((text) => text.replace(/\/+$/, ''));
const secret = z.string({ error: 'is missing' });

const environmentSchema = z
  .object({
    LABELLOOP_REPO: z
      .string({ error: 'is missing; give the repository this worker serves, as owner/name' })
      .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name'),
    DAGSHUB_USER_TOKEN: secret,
    DAGSHUB_CLIENT_HOST: url.default('https://dagshub.com'),
    MLFLOW_TRACKING_URI: url.optional(),
    MLFLOW_TRACKING_USERNAME: z.string().optional(),
    MLFLOW_TRACKING_PASSWORD: z.string().optional(),
    LABEL_STUDIO_URL: url.optional(),
    LABEL_STUDIO_API_KEY: z.string().optional(),
    LABELLOOP_WEBHOOK_URL: url.optional(),
    LABELLOOP_WEBHOOK_SECRET: z.string().min(16, 'must have 16 characters at least').optional(),
    LABELLOOP_REMINDER_URL: url.optional(),
    LABELLOOP_WORK_DIR: z.string().default('.labelloop/work'),
    LABELLOOP_INFER_THREADS: z.coerce
      .number({ error: 'must be a whole number from 1 to 256' })
      .int('must be a whole number from 1 to 256')
      .min(1, 'must be a whole number from 1 to 256')
      .max(256, 'must be a whole number from 1 to 256')
      .optional(),
    LABELLOOP_INFER_DEVICE: z
      .enum(inferDevices, { error: `must be one of ${inferDevices.join(', ')}` })
      .default('cpu'),
    LABELLOOP_IMAGE_CACHE_MB: z.coerce
      .number({ error: 'must be a whole number from 0 on' })
      .int('must be a whole number from 0 on')
      .min(0, 'must be a whole number from 0 on')
      .default(4096),
    LABELLOOP_METRICS_ADDRESS: z
      .string()
      .regex(/^[\d.]+:\d{1,5}$/, 'must be an IP address and a port, such as 127.0.0.1:9464')
      .optional(),
    LABELLOOP_TRAIN_DEVICE: z.string().default('cpu'),
    LABELLOOP_BUILD_ID: z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be letters, digits, dots and dashes, such as 0.2.0 or a commit')
      .optional(),
  })
  .superRefine((env, context) => {
    const { LABELLOOP_WEBHOOK_URL: at, LABELLOOP_WEBHOOK_SECRET: password } = env;
    const missing = at === undefined ? 'LABELLOOP_WEBHOOK_URL' : 'LABELLOOP_WEBHOOK_SECRET';
    if ((at === undefined) !== (password === undefined))
      context.addIssue({ code: 'custom', path: [missing], message: 'is missing; both are set or neither' });
  });

/** Four feed a graphics card; each has a session there, with memory of its own, and takes seconds to open it. */
const mostDeviceThreads = 4;

function inferThreads(device: InferDevice): number {
  const cores = Math.max(1, availableParallelism() - 1);
  return device === 'cpu' ? cores : Math.min(cores, mostDeviceThreads);
}

/**
 * Reads the environment for a worker of the given queues. Empty variables count as absent.
 *
 * @throws ConfigError that names every missing or wrong variable, and shows no value.
 */
export function readWorkerConfig(env: NodeJS.ProcessEnv, queues: readonly QueueName[]): WorkerConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const problems: string[] = [];
  const temporal = readTemporal(given, problems);
  const parsed = environmentSchema.safeParse(given);
  for (const { path, message } of parsed.error?.issues ?? [])
    problems.push(`${path.map(String).join('.')}: ${message}`);
  // DagsHub's own Label Studio takes the DagsHub token.
  const needsKey = queues.includes('loop') && given['LABEL_STUDIO_URL'] !== undefined;
  if (needsKey && given['LABEL_STUDIO_API_KEY'] === undefined)
    problems.push('LABEL_STUDIO_API_KEY: is missing; the queue "loop" needs it');
  if (!parsed.success || problems.length > 0 || temporal === null) throw new ConfigError(problems.join('\n'));

  const vars = parsed.data;
  const hosted = `${vars.DAGSHUB_CLIENT_HOST}/${vars.LABELLOOP_REPO}`;
  return {
    temporal,
    repo: vars.LABELLOOP_REPO,
    dagshub: { host: vars.DAGSHUB_CLIENT_HOST, token: vars.DAGSHUB_USER_TOKEN },
    mlflow: mlflowOf(vars, hosted),
    labelStudio: labelStudioOf(vars, hosted),
    ...(vars.LABELLOOP_WEBHOOK_URL !== undefined &&
      vars.LABELLOOP_WEBHOOK_SECRET !== undefined && {
        webhook: { url: vars.LABELLOOP_WEBHOOK_URL, secret: vars.LABELLOOP_WEBHOOK_SECRET },
      }),
    reminderUrl: vars.LABELLOOP_REMINDER_URL ?? null,
    workDir: resolve(vars.LABELLOOP_WORK_DIR),
    inferThreads: vars.LABELLOOP_INFER_THREADS ?? inferThreads(vars.LABELLOOP_INFER_DEVICE),
    inferDevice: vars.LABELLOOP_INFER_DEVICE,
    imageCacheBytes: vars.LABELLOOP_IMAGE_CACHE_MB * 2 ** 20,
    metricsAddress: vars.LABELLOOP_METRICS_ADDRESS ?? null,
    trainDevice: vars.LABELLOOP_TRAIN_DEVICE,
    buildId: vars.LABELLOOP_BUILD_ID ?? null,
  };
}

type Environment = z.output<typeof environmentSchema>;

/** DagsHub's own MLflow takes the DagsHub token; any other gets only what is meant for it. */
function mlflowOf(vars: Environment, hosted: string): WorkerConfig['mlflow'] {
  const trackingUri = vars.MLFLOW_TRACKING_URI ?? `${hosted}.mlflow`;
  const own = vars.MLFLOW_TRACKING_URI === undefined ? vars.DAGSHUB_USER_TOKEN : undefined;
  const username = vars.MLFLOW_TRACKING_USERNAME ?? own;
  const password = vars.MLFLOW_TRACKING_PASSWORD ?? own;
  return {
    trackingUri,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}

/** As for MLflow: the DagsHub token is for DagsHub's Label Studio only. */
function labelStudioOf(vars: Environment, hosted: string): WorkerConfig['labelStudio'] {
  const own = vars.LABEL_STUDIO_URL === undefined ? vars.DAGSHUB_USER_TOKEN : undefined;
  const apiKey = vars.LABEL_STUDIO_API_KEY ?? own;
  return apiKey === undefined ? null : { url: vars.LABEL_STUDIO_URL ?? `${hosted}/annotations/de`, apiKey };
}

function readTemporal(env: NodeJS.ProcessEnv, problems: string[]): WorkerConfig['temporal'] | null {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(known),
    });
    const address = connectionOptions.address || '127.0.0.1:7233';
    return { connection: { ...connectionOptions, address }, namespace, payloadCodecs: payloadCodecs(env) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problems.push(error instanceof DomainError ? message : `TEMPORAL_*: ${message}`);
    return null;
  }
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
