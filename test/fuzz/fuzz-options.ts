/**
 * The same inputs every time, so that a red run is about the change at hand. `FUZZ_SEED=7 FUZZ_RUNS=10000 npx jest --selectProjects unit
 * --testPathPatterns fuzz` tries others, and more. fast-check shrinks what fails.
 */
export const fuzzOptions = {
  numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000),
  seed: Number(process.env['FUZZ_SEED'] ?? 20_261_125),
};

/** For a test of that many runs, on a machine that does other work too. */
export const fuzzTimeoutMs = 60_000 + 30 * fuzzOptions.numRuns;
