import { Command } from 'commander';
import { benchDetector } from './detector.ts';
import { benchDevice } from './device.ts';
import { benchEngine } from './engine.ts';
import { benchEvaluation } from './evaluation.ts';
import { benchHistory } from './history.ts';
import { benchHonesty } from './honesty.ts';
import { benchImport } from './import.ts';
import { benchInference } from './inference.ts';
import { benchJpeg } from './jpeg.ts';
import { benchLearning } from './learning.ts';
import { benchMasks } from './masks.ts';
import { benchMemory } from './memory.ts';
import { benchOverhead } from './overhead.ts';
import { benchRewrites } from './rewrites.ts';
import { benchScaling } from './scaling.ts';
import { benchScores } from './scores.ts';
import { benchSecondOpinions } from './second-opinions.ts';
import { benchSelection } from './selection.ts';
import { benchSimulation } from './simulation.ts';
import { benchUpload } from './upload.ts';

const benches: readonly { name: string; about: string; run: () => Promise<void> }[] = [
  { name: 'learning', about: 'what active learning gains over random, three seeds', run: benchLearning },
  {
    name: 'honesty',
    about: 'reported beside true accuracy, ours and the recipe’s, ten seeds',
    run: benchHonesty,
  },
  {
    name: 'detector',
    about: 'what the built-in detector learns from 200 scenes',
    run: () => benchDetector('detection'),
  },
  {
    name: 'segmenter',
    about: 'what it learns from their outlines',
    run: () => benchDetector('segmentation'),
  },
  { name: 'overhead', about: 'time and history of a cycle without model work', run: benchOverhead },
  { name: 'history', about: 'what 30 cycles of webhooks leave in history', run: benchHistory },
  { name: 'memory', about: "a worker's peak memory at 1,797 and 50,000 images", run: benchMemory },
  { name: 'engine', about: 'the Data Engine at a million datapoints', run: () => benchEngine() },
  { name: 'jpeg', about: 'decoding JPEGs, beside libjpeg-turbo', run: benchJpeg },
  { name: 'masks', about: 'masks and outlines of a YOLO output, beside numpy and OpenCV', run: benchMasks },
  {
    name: 'scores',
    about: 'a million rows scored and chosen from, beside numpy and the recipe',
    run: () => benchScores(),
  },
  { name: 'evaluation', about: 'the interval of mAP over a hold-out', run: benchEvaluation },
  { name: 'upload', about: "10,000 predictions, beside DagsHub's official client", run: () => benchUpload() },
  {
    name: 'import',
    about: '10,000 tasks with predictions into Label Studio, beside one POST each',
    run: () => benchImport(),
  },
  { name: 'selection', about: 'choosing among a million, and k-center beside numpy', run: benchSelection },
  { name: 'simulation', about: 'what labels buy on digits, ten seeds', run: benchSimulation },
  {
    name: 'second-opinions',
    about: 'what they buy where people are often wrong, five seeds',
    run: benchSecondOpinions,
  },
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
  .option('--models <names>', 'these only, with commas between')
  .option('--torch <python>', 'of a Python that has torch and torchvision: its loop is measured too')
  .action(benchInference);
program
  .command('rewrites')
  .description('models as ONNX Runtime runs them faster, beside as they are')
  .option('--model <folder>', 'of a model of yours')
  .action(benchRewrites);
program
  .command('device')
  .description('a model on a device beside the processor: the same answers, images a second')
  .requiredOption('--device <name>', 'as LABELLOOP_INFER_DEVICE')
  .requiredOption('--model <folder>', 'with model.onnx and model.json')
  .requiredOption('--images <folder>', 'what it is asked about, again and again')
  .option('--count <number>', 'images of a cycle', '512')
  .option('--threads <number>', 'as LABELLOOP_INFER_THREADS', '2')
  .action(benchDevice);
program
  .command('scaling')
  .description('1, 2 and 4 workers in network namespaces share the shards of a loop (Linux, root)')
  .option('--cores <number>', 'what each worker gets of a core', '0.5')
  .option('--images <number>', 'images of the pool', '1152')
  .action(benchScaling);
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
