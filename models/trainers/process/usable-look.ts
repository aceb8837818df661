import type { Look } from './learner.ts';

/**
 * A look that can be told and compared. A network in its first steps may answer the validation set beyond all numbers while its training goes well: its
 * running statistics lag behind. Such a look says nothing, and must not stand as the best.
 */
export function usableLook(look: Look | null): Look | null {
  return look && Number.isFinite(look.loss) ? look : null;
}
