/** What a program needs to run at all; the rest of our environment (tokens, stray `PORT`s) is none of a server's business. */
const passed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_\w+|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS)$/;

/** The environment of a server: the little that is inherited, and its own settings. */
export function serverEnvironment(
  env: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] => passed.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...Object.fromEntries(inherited), ...settings };
}
