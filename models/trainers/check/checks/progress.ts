import { BrokenPromise, type TrainerCheck } from '../trainer-check.ts';

/** Asked for is every 10 s; a busy machine may be a little late. */
const longestGapSeconds = 12;

/** What the training that went through said of itself. */
export const progress: TrainerCheck = {
  name: 'progress',
  about: 'says how far it is, every 10 s at least, in rising steps, with metrics',
  run: async ({ learnt }) => {
    const { events, times } = learnt.attempt;
    const start = events.findIndex(({ event }) => event === 'start');
    if (start !== 0) throw new BrokenPromise(`its first event is ${events[0]?.event ?? 'none'}, not start`);
    let step = 0;
    const names = new Set<string>();
    for (const event of events) {
      if (event.event !== 'progress') continue;
      if (event.step < step) throw new BrokenPromise(`its steps fall, from ${step} to ${event.step}`);
      if (event.step > event.total)
        throw new BrokenPromise(`it is at step ${event.step} of ${event.total} in all`);
      step = event.step;
      for (const name of Object.keys(event.metrics)) names.add(name);
    }
    if (!names.has('train_loss')) throw new BrokenPromise('no progress has the metric train_loss');
    // From start to done: before it libraries load, which is not its work.
    const said = times.slice(1, -1);
    const gap = Math.max(0, ...said.slice(1).map((time, index) => time - (said[index] ?? time))) / 1000;
    if (gap > longestGapSeconds) throw new BrokenPromise(`it was silent for ${gap.toFixed(1)} s`);
    return Promise.resolve(`${step} steps, silent for ${gap.toFixed(1)} s at most; ${[...names].join(', ')}`);
  },
};
