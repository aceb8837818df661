import { Program } from './program.ts';
import { until } from './until.ts';

/** All processes of `labelloop` that a test starts. */
export class Programs {
  readonly #env: () => Readonly<Record<string, string>>;
  readonly #programs: Program[] = [];

  /** @param env - Asked at each start. */
  constructor(env: () => Readonly<Record<string, string>>) {
    this.#env = env;
  }

  start(...args: string[]): Program {
    const program = new Program(args, this.#env());
    this.#programs.push(program);
    return program;
  }

  /** What a command prints that ends well. */
  async said(...args: string[]): Promise<string> {
    const program = this.start(...args);
    await program.ended();
    return program.output;
  }

  /** What all of them printed so far. */
  get output(): string {
    return this.#programs.map(({ output }) => output).join('\n');
  }

  /** As {@link until}, for what several steps of a loop lead to; what the programs printed goes with the failure. */
  async until<T>(look: () => Promise<T | null | false>, what: string): Promise<T> {
    return until(look, what, 480_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGTERM')));
  }
}
