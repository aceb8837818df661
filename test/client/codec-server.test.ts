import { startCodecServer, type CodecServer } from '../../client/codec-server.ts';
import { payloadCodecs } from '../../services/temporal/payload-codecs.ts';

const [codec] = payloadCodecs({ LABELLOOP_PAYLOAD_KEYS: `a:${Buffer.alloc(32, 7).toString('base64')}` });
const ui = 'http://127.0.0.1:8233';
const payload = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from('"caries"').toString('base64'),
};

let server: CodecServer;
beforeAll(async () => {
  if (!codec) throw new Error('There is no codec.');
  server = await startCodecServer(codec, { origins: [ui], port: 0 });
});
afterAll(() => server.close());

function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

test('what it encrypts it decrypts, in the JSON of the Temporal UI', async () => {
  const encrypted = (await (await ask('/encode', { payloads: [payload] })).json()) as {
    payloads: [typeof payload];
  };
  expect(encrypted.payloads[0].data).not.toBe(payload.data);
  const decrypted = await ask('/decode', encrypted, { origin: ui });
  expect(await decrypted.json()).toEqual({ payloads: [payload] });
  expect(decrypted.headers.get('access-control-allow-origin')).toBe(ui);
});

test('a browser may ask from the origin of the UI alone', async () => {
  const asks = (origin: string) => fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin } });
  expect((await asks(ui)).status).toBe(204);
  expect((await asks('http://elsewhere.example')).status).toBe(403);
  expect((await ask('/decode', { payloads: [] }, { origin: 'http://elsewhere.example' })).status).toBe(403);
});

test.each([
  ['no list', { payloads: 'x' }, 'The body is no list of payloads.'],
  ['no base64', { payloads: [{ data: '%' }] }, 'The body is no list of payloads.'],
  [
    'a key that is not there',
    {
      payloads: [
        {
          metadata: {
            encoding: Buffer.from('binary/encrypted').toString('base64'),
            'encryption-key-id': Buffer.from('b').toString('base64'),
          },
        },
      ],
    },
    'A payload in Temporal is encrypted with the key "b", which LABELLOOP_PAYLOAD_KEYS does not hold; put it behind the first.',
  ],
])('%s is refused with a sentence', async (_, body, error) => {
  const response = await ask('/decode', body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error });
});
