/** Why the stack cannot run, in words a person can act on. */
export class StackError extends Error {
  override name = 'StackError';
}
