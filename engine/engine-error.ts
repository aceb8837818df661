/** A request that cannot be served as it stands. Its message is for the caller; any other error is ours and is not shown. */
export class EngineError extends Error {
  override name = 'EngineError';
}
