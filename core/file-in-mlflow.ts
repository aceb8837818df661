/** A file of a run; or a version of a registered model, by its number or by an alias. */
export type FileInMlflow =
  | { readonly runId: string; readonly path: string }
  | ({ readonly name: string } & ({ readonly version: string } | { readonly alias: string }));

/** What `runs:/ID/path`, `models:/NAME/3` and `models:/NAME@ALIAS` name, as MLflow writes them; null for anything else. */
export function fileInMlflow(uri: string): FileInMlflow | null {
  const [, runId, path] = /^runs:\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (runId !== undefined && path !== undefined) return { runId, path };
  const [, name, version, alias] = /^models:\/([^/@]+)(?:\/(\d+)|@([^/@]+))$/.exec(uri) ?? [];
  if (name !== undefined && version !== undefined) return { name, version };
  return name !== undefined && alias !== undefined ? { name, alias } : null;
}
