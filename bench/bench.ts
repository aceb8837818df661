import { Command } from 'commander';
import { benchEngine } from './engine.ts';
import { benchInference } from './inference.ts';
import { benchLearning } from './learning.ts';
import { benchMemory } from './memory.ts';
import { benchOverhead } from './overhead.ts';
import { benchUpload } from './upload.ts';

const benches: readonly { name: string; about: string; run: () => Promise<void> }[] = [
  { name: 'learning', about: 'what active learning gains over random, three seeds', run: benchLearning },
  { name: 'overhead', about: 'time and history of a cycle without model work', run: benchOverhead },
  { name: 'memory', about: "a worker's peak memory at 1,797 and 50,000 images", run: benchMemory },
  { name: 'engine', about: 'the Data Engine at a million datapoints', run: () => benchEngine() },
  { name: 'upload', about: "10,000 predictions, beside DagsHub's official client", run: () => benchUpload() },
];

const program = new Command('bench').description(
  'Measures labelloop, one after the other, on this machine; ends with 1 when a bound is missed.',
);
for (const { name, about, run } of benches) program.command(name).description(about).action(run);
program
  .command('inference')
  .description("CPU time an image, as a share of ONNX Runtime's alone, beside Python")
  .option('--json', 'ends with one line of JSON: the shares by model')
  .option('--rounds <number>', 'how often each is measured', '3')
  .option('--only <model>', 'one model only')
  .action(benchInference);
program
  .command('all')
  .description('all of them')
  .action(async () => {
    for (const { name, run } of benches) {
      console.log(`\n${name}`);
      await run();
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
