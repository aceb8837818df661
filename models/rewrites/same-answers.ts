import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { oneThreadSession } from '../runner/session-options.ts';

type Feed = Readonly<Record<string, Tensor>>;

/** Of the largest number in an output; sums in another order differ by a thousandth of it. */
const tolerance = 1e-4;

/** Whether two files of a model give the same outputs for a feed. One that keeps dropout in its graph does not even give its own. */
export async function sameAnswers(
  [one, other]: readonly [file: string, file: string],
  feed: Feed,
  outputs: readonly string[],
): Promise<boolean> {
  const expected = await answersOf(one, feed, outputs);
  const found = await answersOf(other, feed, outputs);
  return expected.every((numbers, index) => areClose(numbers, found[index] ?? []));
}

/** The numbers of each output. */
async function answersOf(file: string, feed: Feed, outputs: readonly string[]): Promise<number[][]> {
  const session = await InferenceSession.create(file, oneThreadSession);
  try {
    const answers = await session.run(feed, outputs);
    return outputs.map((name) =>
      Array.from((answers[name]?.data ?? []) as ArrayLike<number | bigint>, Number),
    );
  } finally {
    await session.release();
  }
}

function areClose(expected: readonly number[], found: readonly number[]): boolean {
  const largest = expected.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  return (
    expected.length === found.length &&
    expected.every((number, at) => Math.abs(number - (found[at] ?? NaN)) <= tolerance * largest)
  );
}
