import type { OnStackEvent, ServerName, StackEvent } from './stack-event.ts';

const titles: Record<ServerName, string> = {
  temporal: 'Temporal',
  mlflow: 'MLflow',
  'label-studio': 'Label Studio',
  engine: 'Data Engine',
  postgres: 'PostgreSQL',
};
const marks: Record<StackEvent['phase'], string> = { install: '↓', start: '…', ready: '✔', stopped: '■' };

export interface ProgressPrinter {
  readonly onEvent: OnStackEvent;
  /** Ends the part that is drawn in place; later events are plain lines. */
  readonly settle: () => void;
}

/**
 * Prints a stack's events: on a terminal one line a server, redrawn in place with the seconds that pass; elsewhere one line a change of
 * phase, and installations at most every five seconds.
 */
export function progressPrinter(output: NodeJS.WriteStream): ProgressPrinter {
  return output.isTTY ? terminalPrinter(output) : linePrinter(output);
}

function linePrinter(output: NodeJS.WriteStream): ProgressPrinter {
  const last = new Map<ServerName, { phase: string; atMs: number }>();
  return {
    onEvent(event) {
      const before = last.get(event.server);
      const isQuiet =
        before?.phase === 'install' && event.phase === 'install' && Date.now() - before.atMs < 5000;
      if (isQuiet) return;
      last.set(event.server, { phase: event.phase, atMs: Date.now() });
      output.write(`${lineOf(event, event.seconds)}\n`);
    },
    settle: () => undefined,
  };
}

function terminalPrinter(output: NodeJS.WriteStream): ProgressPrinter {
  const latest = new Map<ServerName, StackEvent & { atMs: number }>();
  let drawn = 0;
  let isLive = true;
  const draw = () => {
    if (drawn > 0) output.write(`\u001b[${drawn}A\u001b[J`);
    for (const event of latest.values()) {
      const isMoving = event.phase === 'install' || event.phase === 'start';
      const seconds = event.seconds + (isMoving ? (Date.now() - event.atMs) / 1000 : 0);
      // A longer line would wrap, and the cursor would go up too little.
      output.write(`${lineOf(event, seconds).slice(0, (output.columns || 80) - 1)}\n`);
    }
    drawn = latest.size;
  };
  const timer = setInterval(draw, 500);
  timer.unref();
  return {
    onEvent(event) {
      if (!isLive) {
        output.write(`${lineOf(event, event.seconds)}\n`);
        return;
      }
      latest.set(event.server, { ...event, atMs: Date.now() });
      draw();
    },
    settle() {
      if (!isLive) return;
      isLive = false;
      clearInterval(timer);
      draw();
    },
  };
}

function lineOf({ server, phase, message, percent }: StackEvent, seconds: number): string {
  const share = percent === undefined ? '' : ` ${Math.round(percent)} %`;
  const time = phase === 'stopped' ? '' : `${seconds.toFixed(1)} s`;
  return `${marks[phase]} ${titles[server].padEnd(12)} ${time.padStart(7)}  ${message}${share}`;
}
