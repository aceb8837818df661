/** A worker thread that simulates one arm with one seed at a time, as it is told, until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LabelledSet } from '../../core/simulation/labelled-set.ts';
import { simulateArm, type SimulationPlan } from '../../core/simulation/simulate-arm.ts';
import type { SimulationTask } from './run-simulation.ts';

const { set, plan } = workerData as { set: LabelledSet; plan: SimulationPlan };
parentPort?.on('message', ({ arm, seed }: SimulationTask) => {
  parentPort?.postMessage(simulateArm(set, arm, plan, seed));
});
