import { testEnvironment } from '../test/support/temporal.ts';
import { answeredLoop, type HistoryCost } from '../test/support/answered-loop.ts';
import { Bounds } from './bounds.ts';

const people = { images: 500, annotators: 2, whileTraining: 500 };
const limits = { events: 10_000, megabytes: 5 };

/**
 * What answers cost in history: the real workflow and the real receiver of webhooks on a real Temporal server, 500 images and two annotators a review,
 * each answer a webhook, and 500 more while each model is trained. As fast as they are received, through 30 cycles; and through three with each told to
 * the loop before the next comes, which is the most that people can do to it.
 *
 * @throws Error when a run reaches 10,000 events or 5 MB.
 */
export async function benchHistory(): Promise<void> {
  const temporal = await testEnvironment();
  const bounds = new Bounds();
  try {
    for (const [name, cycles, oneByOne] of [
      ['at once', 30, false],
      ['one by one', 3, true],
    ] as const) {
      const cost = await answeredLoop(temporal, `history-${Number(oneByOne)}-loop`, {
        ...people,
        cycles,
        oneByOne,
      });
      report(`${name}, ${cycles} cycles`, cost, bounds);
    }
  } finally {
    await temporal.close();
  }
  bounds.assert();
}

function report(name: string, { runs, webhooks, signals }: HistoryCost, bounds: Bounds): void {
  const most = (value: (run: HistoryCost['runs'][number]) => number) => Math.max(...runs.map(value));
  const sum = runs.reduce((events, run) => events + run.events, 0);
  console.log(`${name}: ${webhooks} webhooks, ${signals} signals, ${sum} events in ${runs.length} runs`);
  bounds.below(
    'events of the largest run',
    most(({ events }) => events),
    limits.events,
  );
  bounds.below(
    'MB of history of the largest run',
    most(({ bytes }) => bytes / 1e6),
    limits.megabytes,
  );
}
