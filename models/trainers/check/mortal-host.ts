/** A host that is there to be killed: `mortal-host <job.json> <command…>` prints the trainer's process id and its events. */
import { runTrainer } from '../run-trainer.ts';

const [jobFile = '', ...command] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

await runTrainer({
  command,
  jobFile,
  signal: new AbortController().signal,
  maxSeconds: 3600,
  onSpawn: (pid) => say({ pid }),
  onEvent: say,
});
