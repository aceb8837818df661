import { EngineError } from './engine-error.ts';

/** A path below a root: forward slashes, no empty, `.` or `..` segment, no NUL. */
export function isPlainPath(path: string): boolean {
  return (
    path !== '' &&
    path.length <= 4096 &&
    !path.includes('\0') &&
    !path.includes('\\') &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

export function requirePlainPath(path: string): void {
  if (!isPlainPath(path))
    throw new EngineError(`"${path.slice(0, 100)}" is no path below the datasource's root.`);
}
