/** A worker thread that learns to predict losses, once, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SoftmaxExamples } from '../core/learning/softmax-regression.ts';
import { trainLossPredictor } from '../core/learning/train-loss-predictor.ts';

const { examples, seed } = workerData as { examples: SoftmaxExamples; seed: number };
parentPort?.postMessage(trainLossPredictor(examples, seed));
