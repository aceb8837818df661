import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { EncryptionCodec } from '../../../services/temporal/encryption-codec.ts';

const oldKey = { id: 'key-1', bytes: Buffer.alloc(32, 1) };
const newKey = { id: 'key-2', bytes: Buffer.alloc(32, 2) };
const payload = defaultPayloadConverter.toPayload({ classes: ['sound', 'caries'] });

function valueOf(payloads: Payload[]): unknown {
  return payloads.map((one) => defaultPayloadConverter.fromPayload(one));
}

test('what is encrypted says nothing but the name of its key, and is read again', async () => {
  const codec = new EncryptionCodec([oldKey]);
  const [encrypted] = await codec.encode([payload]);
  expect(Buffer.from(encrypted?.data ?? []).toString('latin1')).not.toMatch(/caries|json/);
  expect(Buffer.from(encrypted?.metadata?.['encoding'] ?? []).toString()).toBe('binary/encrypted');
  expect(Buffer.from(encrypted?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('key-1');
  expect(valueOf(await codec.decode([encrypted ?? {}]))).toEqual([{ classes: ['sound', 'caries'] }]);
});

test('the same payload is never encrypted to the same bytes', async () => {
  const [one, other] = await new EncryptionCodec([oldKey]).encode([payload, payload]);
  expect(one?.data).not.toEqual(other?.data);
});

test('the first key encrypts, and what an older one or none encrypted is still read', async () => {
  const before = await new EncryptionCodec([oldKey]).encode([payload]);
  const codec = new EncryptionCodec([newKey, oldKey]);
  expect(valueOf(await codec.decode([...before, payload, ...(await codec.encode([payload]))]))).toEqual(
    Array(3).fill({ classes: ['sound', 'caries'] }),
  );
  await expect(new EncryptionCodec([oldKey]).decode(await codec.encode([payload]))).rejects.toThrow(
    'A payload in Temporal is encrypted with the key "key-2", which LABELLOOP_PAYLOAD_KEYS does not hold; put it behind the first.',
  );
});

test.each([
  ['a changed byte', (data: Buffer) => ((data[20] = (data[20] ?? 0) ^ 1), data)],
  ['a cut payload', (data: Buffer) => data.subarray(0, 14)],
  ['an empty payload', () => Buffer.alloc(0)],
])('%s is refused', async (_, change) => {
  const codec = new EncryptionCodec([oldKey]);
  const [encrypted = {}] = await codec.encode([payload]);
  const data = change(Buffer.from(encrypted.data ?? []));
  await expect(codec.decode([{ ...encrypted, data }])).rejects.toThrow(
    'A payload in Temporal cannot be decrypted with the key "key-1": it was encrypted with another one of that name, or changed.',
  );
});
