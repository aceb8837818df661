import { z } from 'zod';
import type { Http } from '../http.ts';

/** The calls of MLflow's REST API 2.0 by their names: `runs/create`. */
export class MlflowApi {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  get<Schema extends z.ZodType>(
    name: string,
    query: Record<string, string>,
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    return this.#http.json({ method: 'GET', path: `/api/2.0/mlflow/${name}`, query, signal }, schema);
  }

  post<Schema extends z.ZodType>(
    name: string,
    json: unknown,
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    return this.#http.json({ method: 'POST', path: `/api/2.0/mlflow/${name}`, json, signal }, schema);
  }

  /** A POST whose answer says nothing more. */
  async call(name: string, json: unknown, signal?: AbortSignal): Promise<void> {
    await this.post(name, json, z.looseObject({}), signal);
  }
}
