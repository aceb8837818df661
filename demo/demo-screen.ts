import type { LoopReport } from '../client/loop-status.ts';
import { progressLine } from './demo-progress.ts';

/** The loops' progress: rewritten in place on a terminal, a line a change elsewhere. */
export class DemoScreen {
  readonly #isTerminal = process.stdout.isTTY;
  #shown: string[] = [];
  readonly #inferring = new Map<string, { sinceMs: number }>();

  show(loops: readonly { name: string; report: LoopReport | null }[]): void {
    const lines = loops.map(({ name, report }) => this.#line(name, report));
    if (this.#isTerminal) {
      if (this.#shown.length > 0) process.stdout.write(`\x1b[${this.#shown.length}A`);
      for (const line of lines) process.stdout.write(`\x1b[2K${line}\n`);
    } else
      lines.forEach((line, index) => {
        if (line !== this.#shown[index]) process.stdout.write(`${line}\n`);
      });
    this.#shown = lines;
  }

  close(): void {
    this.#shown = [];
  }

  #line(name: string, report: LoopReport | null): string {
    if (!report) return `${name.padEnd(16)}  starting`;
    if (!report.status) {
      const last = report.history.at(-1);
      const result = last
        ? `, ${last.trainLabels} labels, ${last.metric.name} ${last.metric.value.toFixed(3)}`
        : '';
      return `${name.padEnd(16)}  ended: ${report.ended ?? report.state}${result}`;
    }
    return progressLine(name, report.status, this.#imagesPerSecond(name, report.status));
  }

  #imagesPerSecond(name: string, { inference }: NonNullable<LoopReport['status']>): number | null {
    if (!inference) {
      this.#inferring.delete(name);
      return null;
    }
    const started = this.#inferring.get(name) ?? { sinceMs: Date.now() };
    this.#inferring.set(name, started);
    const seconds = (Date.now() - started.sinceMs) / 1000;
    const images = (inference.images * inference.shardsDone) / Math.max(inference.shards, 1);
    return seconds > 0 && images > 0 ? images / seconds : null;
  }
}
