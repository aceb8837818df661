import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { download, type Room } from '../../services/download.ts';

const bytes = Uint8Array.from({ length: 300_001 }, (_, index) => (index * 7919) % 251);
const dispatcher = new Agent();
const ownRoom: Room = (length) => new Uint8Array(length);
let server: Server;
let answer: RequestListener;
let url: URL;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=1`);
});
afterAll(async () => {
  await dispatcher.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function get(room = ownRoom, signal: AbortSignal | null = null) {
  return download(url, { method: 'GET', dispatcher, signal }, room);
}

test.each([0, 1, 7, 8])(
  'bytes get into memory that threads share whole, %d behind a beginning',
  async (at) => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      // Parts of odd lengths: none but the first begins at a multiple of eight.
      for (let start = 0; start < bytes.length; start += 70_001)
        response.write(bytes.subarray(start, start + 70_001));
      response.end();
    };
    const memory = new Uint8Array(new SharedArrayBuffer(bytes.length + 16));
    const { statusCode, body } = await get((length) => memory.subarray(at, at + length));
    expect(statusCode).toBe(200);
    const got = await body.bytes();
    expect(got.buffer).toBe(memory.buffer);
    expect(Buffer.compare(got, bytes)).toBe(0);
    expect([...memory.subarray(0, at), ...memory.subarray(at + bytes.length)].every((one) => one === 0)).toBe(
      true,
    );
  },
);

test('what tells no length, or is a refusal, takes no room', async () => {
  const room: Room = () => {
    throw new Error('no room is asked for');
  };
  answer = (_request, response) => response.write('one ') && response.end('two');
  expect(Buffer.from(await (await get(room)).body.bytes()).toString()).toBe('one two');
  answer = (_request, response) => response.writeHead(404, { 'content-length': 4 }).end('gone');
  const { statusCode, body } = await get(room);
  expect([statusCode, await body.text()]).toEqual([404, 'gone']);
});

test('an answer that breaks off has a head, and no body', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': 100, etag: '"1"' });
    response.write('only this', () => setTimeout(() => response.destroy(), 20));
  };
  const { headers, body } = await get();
  expect(headers['etag']).toBe('"1"');
  await expect(body.bytes()).rejects.toThrow();
});

test('an abort ends it before it is sent, before its answer begins, and in the middle', async () => {
  const reason = new Error('enough');
  await expect(get(ownRoom, AbortSignal.abort(reason))).rejects.toBe(reason);
  const early = new AbortController();
  answer = () => early.abort(reason);
  await expect(get(ownRoom, early.signal)).rejects.toBe(reason);
  const late = new AbortController();
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('begun');
  };
  const room: Room = (length) => {
    setImmediate(() => late.abort(reason));
    return new Uint8Array(length);
  };
  await expect((await get(room, late.signal)).body.bytes()).rejects.toBe(reason);
});

test('a signal of many downloads is left alone when they have ended', async () => {
  const { signal } = new AbortController();
  const [add, remove] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
  answer = (_request, response) => response.end('x');
  await Promise.all([get(ownRoom, signal), get(ownRoom, signal)]);
  expect(add).toHaveBeenCalledTimes(2);
  expect(remove.mock.calls).toEqual(add.mock.calls);
});

test('a server that is not there is an error without a head', async () => {
  const { port } = server.address() as AddressInfo;
  const nowhere = new URL(`http://127.0.0.1:${port}/`);
  nowhere.port = '1';
  const options = { method: 'GET', dispatcher, signal: null } as const;
  await expect(download(nowhere, options, ownRoom)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
