import { readPayloadKeys } from '../../../services/temporal/payload-keys.ts';

const base64 = Buffer.alloc(32, 7).toString('base64');
const read = (text: string) => readPayloadKeys({ LABELLOOP_PAYLOAD_KEYS: text });

test('keys are read in their order; none is none', () => {
  expect(read(`2026-11:${base64}, 2025.old:${base64}`).map(({ id }) => id)).toEqual(['2026-11', '2025.old']);
  expect(read(`a:${base64}`)[0]?.bytes).toEqual(Buffer.alloc(32, 7));
  expect(read('')).toEqual([]);
  expect(readPayloadKeys({})).toEqual([]);
});

test.each([base64, `a:${base64.slice(0, 30)}`, `a:${base64}AAAA`, `a b:${base64}`, `a:`, ','])(
  'what is no key is refused by its place, and not shown: %j',
  (text) => {
    const words =
      'LABELLOOP_PAYLOAD_KEYS: key 1 is no "name:" with 32 bytes in base64 behind it; make one with';
    expect(() => read(text)).toThrow(words);
    expect(() => read(text)).not.toThrow(base64.slice(0, 12));
  },
);

test('a name that comes twice is refused', () => {
  expect(() => read(`a:${base64},a:${base64}`)).toThrow('the name "a" comes twice');
});
