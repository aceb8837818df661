import { Command, InvalidArgumentError, Option } from 'commander';
import type { CheckResult } from '../../models/trainers/check/run-checks.ts';
import { checkLine } from '../trainer/check-line.ts';
import { stopSignal } from '../stop-signal.ts';
import { UsageError } from '../usage-error.ts';

type Params = Record<string, string | number | boolean>;

interface Flags {
  readonly builtin?: boolean;
  readonly task: 'classification' | 'detection' | 'segmentation';
  readonly backbone?: string;
  readonly size?: number;
  readonly device?: string;
  readonly param?: Params;
  readonly nanParam?: Params;
  readonly timeout: number;
  readonly keep?: boolean;
  readonly json?: boolean;
}

/** `labelloop trainer check`. */
export function trainerCommand(): Command {
  return new Command('trainer')
    .description('hold a trainer to the contract al-train/1')
    .addCommand(checkCommand());
}

function checkCommand(): Command {
  return new Command('check')
    .description('run a trainer on tiny data, interrupt it in every way, and say what it keeps of al-train/1')
    .argument('[command...]', "the trainer's command behind --; job.json becomes its last word")
    .option('--builtin', 'check the trainer that ships with labelloop')
    .option('--backbone <file.onnx>', 'with --builtin: check the head that it learns on this backbone')
    .addOption(
      new Option('--task <task>', 'what it is to learn')
        .choices(['classification', 'detection', 'segmentation'])
        .default('classification'),
    )
    .option('--size <px>', "side of the model's input (32; 64 for objects)", parseCount)
    .option('--device <device>', 'what it is told to compute on: cpu, cuda:0 (default: cpu)')
    .option('--param <key=value>', 'a parameter of the trainer; as often as needed', parseParam)
    .option('--nan-param <key=value>', 'a parameter that breaks the loss, such as lr=1e30', parseParam)
    .option('--timeout <seconds>', 'time for one check', parseCount, 300)
    .option('--keep', 'keep the folder with the data and the jobs')
    .addHelpText(
      'after',
      `
Each check is passed (✔), failed (✘) or could not be shown (–), with the reason. A training must last for some steps, so that it can be
interrupted. The contract: docs/trainer-contract.md.

Exit codes: 0 no check failed, 1 one did, 2 wrong input.

Examples:
  labelloop trainer check --builtin
  labelloop trainer check --builtin --backbone resnet18.onnx
  labelloop trainer check --nan-param lr=1e30 -- python3 trainers/template/train.py
  labelloop trainer check --task detection --param epochs=4 -- python3 trainers/ultralytics/train.py
  labelloop trainer check --device cuda:0 --param steps=300 -- python3 trainers/torch/train.py`,
    )
    .action(async (words: string[], _: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const options = await checkOptions(words, flags);
      const { runChecks } = await import('../../models/trainers/check/run-checks.ts');
      const onFolder = (dir: string): void => {
        if (flags.keep) console.error(`The jobs are in ${dir}`);
      };
      const checks: CheckResult[] = [];
      const stop = stopSignal();
      const running = runChecks({ ...options, onFolder, keep: flags.keep === true }, stop);
      try {
        for await (const check of running) {
          checks.push(check);
          if (!flags.json) console.log(checkLine(check));
        }
      } catch (error) {
        if (!stop.aborted) throw error;
        console.error('Stopped; no process and no folder is left.');
        process.exitCode = 130;
        return;
      }
      const count = (verdict: string): number => checks.filter((one) => one.verdict === verdict).length;
      const [passed, failed, notShown] = [count('passed'), count('failed'), count('not shown')];
      if (flags.json) console.log(JSON.stringify({ ok: failed === 0, passed, failed, notShown, checks }));
      else console.log(`${passed} passed, ${failed} failed, ${notShown} not shown`);
      if (failed > 0) process.exitCode = 1;
    });
}

async function checkOptions(words: readonly string[], flags: Flags) {
  const { builtin, backbone, task, device, param, nanParam, timeout: timeoutSeconds } = flags;
  if (builtin ? words.length > 0 : words.length === 0)
    throw new UsageError("Give either --builtin or the trainer's command behind --.");
  if (backbone !== undefined && !(builtin && task === 'classification'))
    throw new UsageError('--backbone goes with --builtin, and with classification.');
  if (builtin && device !== undefined)
    throw new UsageError('--device goes with a command: the built-in trainers compute on the processor.');
  const sizePx = flags.size ?? (task === 'classification' ? 32 : 64);
  if (!builtin) {
    const on = { ...(device !== undefined && { device }), ...(nanParam && { nanParams: nanParam }) };
    return { command: words, task, sizePx, params: param ?? {}, ...on, timeoutSeconds };
  }
  const { builtInTrainerCommand } = await import('../../models/trainers/run-trainer.ts');
  return {
    command: builtInTrainerCommand(task),
    ...(backbone !== undefined && { backboneFile: backbone }),
    task,
    sizePx: flags.size ?? (task === 'classification' ? 16 : 64),
    params: { ...builtInParams, ...param },
    nanParams: { lr: 1e30, ...nanParam },
    timeoutSeconds,
  };
}

/** Long enough to be interrupted, and saved at each step. */
const builtInParams = { width: 4, steps: 120, batch: 16, lr: 0.01, checkpointEverySeconds: 0 };

function parseParam(text: string, earlier: Params = {}): Params {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give key=value.');
  const value = text.slice(at + 1);
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  const parsed = value === 'true' || value === 'false' ? value === 'true' : isNumber ? Number(value) : value;
  return { ...earlier, [text.slice(0, at)]: parsed };
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}
