/** The environment is not what a worker needs; one line a variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
