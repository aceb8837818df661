import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyGateway, HttpFault } from './faulty-gateway.ts';
import type { Line } from './line.ts';
import type { Moment, Target } from './moments.ts';
import type { PostFault } from './webhook-post.ts';
import type { Lined, World } from './world.ts';

const slowMs = 2000;
/** Hours that a clock jumps, at most, ahead or back. */
const longestJumpHours = 48;
const restartTries = 5;

/** Makes a moment happen and lets it last; answers when it is over. */
export async function inflict(world: World, moment: Moment, signal: AbortSignal): Promise<void> {
  const { fault, target, forMs, turn } = moment;
  const last = () => sleep(forMs, undefined, { signal });
  switch (fault) {
    case 'kill':
      return kill(world, target, last, signal);
    case 'cut': {
      const line = lineOf(world, target);
      line.cut(turn < 0.5 ? 'reset' : 'silent');
      await last().finally(() => line.heal());
      return;
    }
    case 'slow': {
      const line = lineOf(world, target);
      line.delayMs = slowMs;
      await last().finally(() => (line.delayMs = 0));
      return;
    }
    case 'status 500':
    case 'status 429':
    case 'truncated':
    case 'html':
      return answerWrongly(gatewayOf(world, target), fault, last);
    case 'disk full': {
      const disk = world.disks.get(target as 'worker' | 'engine');
      await disk?.fill();
      await last().finally(() => disk?.free());
      return;
    }
    case 'clock jump':
      await world.clock?.jump(Math.round((turn * 2 - 1) * longestJumpHours));
      await last().finally(() => world.clock?.jump(0));
      return;
    case 'lost':
    case 'fivefold':
    case 'shuffled':
    case 'a cycle late':
      return carryBadly(world, fault, last);
    case 'new version': {
      const endOld = await world.worker.upgrade(signal);
      await last().finally(endOld);
      return;
    }
  }
}

async function kill(
  world: World,
  target: Target,
  last: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (target === 'worker') {
    await world.worker.kill();
    await last();
    return world.worker.startAgain(signal);
  }
  const name = target as Exclude<Target, 'worker' | 'webhooks'>;
  const pid = world.stack.processes[name]?.pid;
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  await last();
  for (let tries = 1; ; tries++)
    try {
      await world.stack.restart(name);
      return;
    } catch (error) {
      // A database that is killed may need a moment until its children have noticed.
      if (tries >= restartTries) throw error;
      await sleep(1000, undefined, { signal });
    }
}

async function answerWrongly(
  gateway: FaultyGateway,
  fault: HttpFault,
  last: () => Promise<void>,
): Promise<void> {
  gateway.fault = fault;
  await last().finally(() => (gateway.fault = null));
}

/** Events that are a cycle late are still on their way when the moment is over; the run delivers them. */
async function carryBadly({ post }: World, fault: PostFault, last: () => Promise<void>): Promise<void> {
  post.fault = fault;
  await last();
  if (fault === 'a cycle late') return;
  post.fault = null;
  if (fault === 'shuffled') await post.deliver();
}

function lineOf(world: World, target: Target): Line {
  const line = world.lines.get(target as Lined);
  if (!line) throw new Error(`There is no line to ${target}.`);
  return line;
}

function gatewayOf(world: World, target: Target): FaultyGateway {
  const gateway = world.gateways.get(target as Lined);
  if (!gateway) throw new Error(`There is no gateway before ${target}.`);
  return gateway;
}
