import { DomainError } from '../../core/errors.ts';

/**
 * The path of a file's raw URL below the repository's API root, as the official client builds a `dagshub_download_url`:
 * `/storage/raw/s3/BUCKET/PREFIX/PATH`, or `/raw/REVISION/PREFIX/PATH`.
 *
 * @param input.rootUrl - `s3|gs|azure://BUCKET/PREFIX`, or `repo://OWNER/NAME/REVISION:PREFIX`.
 * @throws {@link DomainError} on another form, or a path that leaves the root.
 */
export function rawUrlPath(input: { rootUrl: string; path: string }): string {
  const segments = input.path.split('/');
  if (input.path === '' || segments.some((segment) => segment === '.' || segment === '..'))
    throw new DomainError(`"${input.path}" is no path below ${input.rootUrl}.`);
  return [...rootSegments(input.rootUrl), ...segments]
    .filter((segment) => segment !== '')
    .map((segment) => `/${quote(segment)}`)
    .join('');
}

function rootSegments(rootUrl: string): string[] {
  const bucket = /^(s3|gs|azure):\/\/([\w.-]+)(\/.*)?$/.exec(rootUrl);
  if (bucket) return ['storage', 'raw', bucket[1] ?? '', bucket[2] ?? '', ...(bucket[3] ?? '').split('/')];
  const repository = /^repo:\/\/[\w.-]+\/[\w.-]+\/([^:]+):(.*)$/.exec(rootUrl);
  if (repository) return ['raw', ...(repository[1] ?? '').split('/'), ...(repository[2] ?? '').split('/')];
  throw new DomainError(
    `"${rootUrl}" is no datasource root: s3://BUCKET/PREFIX or repo://OWNER/NAME/REVISION:PREFIX.`,
  );
}

/** Python's `urllib.parse.quote`: only letters, digits and `_.-~` stay. */
function quote(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
