import { loopWorkflowId } from '../core/loop-spec.ts';
import { readLoopFile } from './loop-file.ts';

/** The workflow id of a loop named on the command line: by its file (`….yaml`, `….yml`) or by the id itself. */
export async function resolveLoop(loop: string): Promise<string> {
  return /\.ya?ml$/i.test(loop) ? loopWorkflowId(await readLoopFile(loop)) : loop;
}
