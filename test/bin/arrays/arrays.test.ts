import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArray } from '../../../bin/arrays/read-array.ts';
import { writeArray } from '../../../bin/arrays/write-array.ts';

/** Made by make_arrays.py: row r, column c holds r + c / 8. */
const fixture = (name: string) => join(__dirname, 'fixtures', name);
const values = [0, 1, 2].flatMap((row) => [0, 0.125, 0.25, 0.375].map((part) => row + part));
const ids = ['a.png', 'b.png', 'c.png'];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-arrays-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('numpy', () => {
  test.each([
    'float32',
    'float64',
    'float16',
    'big-endian',
    'big-endian-single',
    'fortran-order',
    'version2',
  ])('reads %s', async (name) => {
    const { shape, data } = await readArray(fixture(`${name}.npy`));
    expect(shape).toEqual([3, 4]);
    expect([...data]).toEqual(values);
    expect(data).toBeInstanceOf(/32|16|single/.test(name) ? Float32Array : Float64Array);
  });

  test('reads whole numbers, booleans, three axes, none, and no rows', async () => {
    const read = async (name: string) => {
      const { shape, data } = await readArray(fixture(`${name}.npy`));
      return [shape, [...data]];
    };
    expect(await read('int64')).toEqual([
      [2, 3],
      [-3, -2, -1, 0, 1, 2],
    ]);
    expect(await read('uint8')).toEqual([[6], [250, 251, 252, 253, 254, 255]]);
    expect(await read('bool')).toEqual([[3], [1, 0, 1]]);
    expect(await read('fortran-cube')).toEqual([[2, 3, 4], Array.from({ length: 24 }, (_, index) => index)]);
    expect(await read('scalar')).toEqual([[], [2.5]]);
    expect(await read('empty')).toEqual([[0, 10], []]);
  });

  test('reads halves to the last bit: zero, subnormal, rounded, largest, infinite, NaN', async () => {
    // numpy 2.4.6: np.load("halves.npy").astype(float).tolist()
    expect([...(await readArray(fixture('halves.npy'))).data]).toEqual([
      0,
      -0,
      5.960464477539063e-8,
      6.097555160522461e-5,
      0.333251953125,
      -65504,
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  test('writes byte for byte what numpy writes', async () => {
    for (const name of ['float32.npy', 'float64.npy', 'empty.npy']) {
      await writeArray(join(folder, name), await readArray(fixture(name)));
      expect(await readFile(join(folder, name))).toEqual(await readFile(fixture(name)));
    }
  });

  test.each([
    ['complex.npy', 'It holds "c16"; readable are booleans, whole numbers and floats of 16 to 64 bits.'],
    ['texts.npy', 'It holds "U1"'],
    ['huge-int.npy', 'It holds 9007199254740993, beyond ±2^53.'],
  ])('refuses %s, naming it', async (name, message) => {
    await expect(readArray(fixture(name))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(`${name}: ${message}`),
    });
  });

  test('refuses a file that is cut short, and one of something else', async () => {
    const bytes = await readFile(fixture('float32.npy'));
    await writeFile(join(folder, 'short.npy'), bytes.subarray(0, -1));
    await expect(readArray(join(folder, 'short.npy'))).rejects.toThrow('cut short: 47 of 48 bytes');
    await writeFile(join(folder, 'other.npy'), 'P6 10 10');
    await expect(readArray(join(folder, 'other.npy'))).rejects.toThrow('It is no .npy file.');
  });
});

describe('Arrow', () => {
  test('reads lists of one length, with ids', async () => {
    const read = await readArray(fixture('fixed-lists.feather'));
    expect(read).toEqual({ shape: [3, 4], data: new Float32Array(values), ids });
    for (const name of ['lists', 'two-batches'])
      expect(await readArray(fixture(`${name}.arrow`))).toEqual({
        shape: [3, 4],
        data: new Float64Array(values),
      });
  });

  test.each(['columns', 'stream'])('reads numeric columns of %s.arrow; a null is NaN', async (name) => {
    expect(await readArray(fixture(`${name}.arrow`))).toEqual({
      shape: [3, 3],
      data: new Float64Array([0, 0.125, 1, 1, NaN, 2, 2, 2.125, 3]),
      ids,
      columns: ['cat', 'dog', 'count'],
    });
  });

  test('reads a missing list and a missing number as NaN', async () => {
    expect([...(await readArray(fixture('missing-list.arrow'))).data]).toEqual([1, 2, NaN, NaN, NaN, 4]);
  });

  test.each([
    ['uneven', 'Its column "p" holds 1 numbers in row 1, 2 in row 0.'],
    ['dates', 'Its column "day" holds Date32<DAY>, not numbers.'],
  ])('refuses %s.arrow, naming the column', async (name, message) => {
    await expect(readArray(fixture(`${name}.arrow`))).rejects.toThrow(message);
  });
});

describe.each(['arrow', 'feather', 'json', 'csv'])('a .%s file', (ending) => {
  test.each([
    [
      'scores with ids',
      { shape: [2], data: new Float64Array([0.25, NaN]), ids: ['a,b', 'c"d'], columns: ['margin'] },
    ],
    ['two scores', { shape: [2, 2], data: new Float64Array([1, 2, 3, NaN]), columns: ['margin', 'entropy'] }],
  ])('gives back %s', async (_, array) => {
    const file = join(folder, `back.${ending}`);
    await writeArray(file, array);
    expect(await readArray(file)).toEqual(array);
  });

  test('of something else is refused, naming it', async () => {
    const file = join(folder, `bad.${ending}`);
    await writeFile(file, 'a,b\n1,"2');
    await expect(readArray(file)).rejects.toThrow(`bad.${ending}: It is no `);
  });
});

test('Arrow and JSON give back rows without names', async () => {
  for (const ending of ['arrow', 'json']) {
    const file = join(folder, `rows.${ending}`);
    await writeArray(file, { shape: [3, 4], data: new Float64Array(values) });
    expect(await readArray(file)).toEqual({ shape: [3, 4], data: new Float64Array(values) });
  }
});

test.each([
  ['uneven.json', '[[1, 2], [3]]', 'values[1] is a list of 1, not a list of 2.'],
  ['text.json', '[[1, "2"]]', 'values[0][1] is "2", not a number.'],
  ['ids.json', '{"values": [1, 2], "ids": ["a"]}', '"ids" is no list of 2'],
  ['text.csv', 'id,cat\na,0.5\nb,dog', 'Line 3, column "cat": "dog" is no number.'],
])('refuses %s, naming the place', async (name, text, message) => {
  await writeFile(join(folder, name), text);
  await expect(readArray(join(folder, name))).rejects.toThrow(`${name}: ${message}`);
});

test('names a file that is not there, and an ending that it does not know', async () => {
  await expect(readArray('nowhere.npy')).rejects.toThrow('nowhere.npy: there is no such file.');
  await expect(readArray('probs.pt')).rejects.toThrow(
    'probs.pt: its ending is none of .npy, .json, .csv, .arrow, .feather.',
  );
});
