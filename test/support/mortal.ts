import type { ActivityDeps } from '../../activities/activity-deps.ts';
import type { MetadataEntry } from '../../core/datapoints.ts';

/**
 * How a process dies on a remote call: `before` it reached the server, `after` the server did it and before the answer, `half-way` of a
 * call that writes many values.
 */
export type Death = 'before' | 'after' | 'half-way';
export const deaths: readonly Death[] = ['before', 'after', 'half-way'];

const ports = ['engine', 'tracker', 'board', 'trainer', 'runner', 'plots', 'reminders'] as const;
/** Answers without asking the server. */
const local = new Set(['downloadUrl', 'projectUrl', 'runUrl', 'recall', 'room']);

type Method = (...args: unknown[]) => unknown;

/** A process that dies on its n-th remote call; afterwards every call fails, as nothing of a dead process reaches anybody. */
export class MortalProcess {
  calls = 0;
  /** Those of the calls, counted from 1, that wrote many values. */
  readonly manyValues: number[] = [];
  private readonly dieAt: number;
  private readonly death: Death;

  constructor(dieAt: number, death: Death) {
    this.dieAt = dieAt;
    this.death = death;
  }

  wrap<Deps extends Partial<ActivityDeps>>(deps: Deps): Deps {
    const wrapped: Record<string, unknown> = { ...deps };
    for (const port of ports) if (deps[port]) wrapped[port] = this.proxy(deps[port]);
    return wrapped as Deps;
  }

  private proxy<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || local.has(String(name))) return value;
        const method = (value as Method).bind(target);
        if (name === 'queryDatapoints' || name === 'listReviewedTasks')
          return (...args: unknown[]) => this.pages(method(...args) as AsyncGenerator);
        return (...args: unknown[]) => this.call(String(name), method, args);
      },
    });
  }

  private async call(name: string, method: Method, args: unknown[]): Promise<unknown> {
    this.calls += 1;
    if (name === 'updateMetadata') this.manyValues.push(this.calls);
    if (this.calls > this.dieAt) throw new Killed();
    if (this.calls < this.dieAt) {
      const answer = await method(...args);
      return name === 'load' ? this.proxy(answer as object) : answer;
    }
    if (this.death === 'half-way' && name === 'updateMetadata') {
      const [input, signal] = args as [{ entries: readonly MetadataEntry[] }, unknown];
      // Every other value: a server promises nothing about the order within a call.
      await method({ ...input, entries: input.entries.filter((_, index) => index % 2 === 1) }, signal);
    }
    if (this.death === 'after') await method(...args);
    throw new Killed();
  }

  /** Every page is a call. */
  private async *pages(generator: AsyncGenerator): AsyncGenerator {
    for (;;) {
      this.calls += 1;
      if (this.calls >= this.dieAt) throw new Killed();
      const next = await generator.next();
      if (next.done) return;
      yield next.value;
    }
  }
}

export class Killed extends Error {
  override name = 'Killed';
  constructor() {
    super('The process was killed.');
  }
}
