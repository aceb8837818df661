/** Exits with 0 when the URL that is the only argument answers with 2xx. */
const [url = ''] = process.argv.slice(2);
const response = await fetch(url, { signal: AbortSignal.timeout(4000) });
process.exit(response.ok ? 0 : 1);

export {};
