import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceRejectedError, ServiceUnavailableError } from '../../../core/errors.ts';
import { ReminderWebhook } from '../../../services/reminders/reminder-webhook.ts';

const reminder = {
  id: 'wf/1/0/1',
  loop: 'glyphs',
  cycle: 1,
  open: 3,
  quietSince: '2026-11-26T00:00:00.000Z',
  reviews: [{ title: 'glyphs cycle 1 batch', url: 'http://board.invalid/projects/1/data' }],
};

let server: Server;
let status = 204;
const received: { path: string | undefined; key: unknown; body: unknown }[] = [];
beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      received.push({
        path: request.url,
        key: request.headers['idempotency-key'],
        body: JSON.parse(text) as unknown,
      });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function webhook(): ReminderWebhook {
  return new ReminderWebhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/s3cret`);
}

test('posts the reminder, with its id as the key by which a repeated one is known', async () => {
  await webhook().send(reminder);
  expect(received).toEqual([{ path: '/hooks/s3cret', key: reminder.id, body: reminder }]);
});

test.each([
  [503, ServiceUnavailableError],
  [404, ServiceRejectedError],
])('%i is an error that does not tell the address', async (answer, kind) => {
  status = answer;
  const error: unknown = await webhook()
    .send(reminder)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).not.toContain('s3cret');
});
