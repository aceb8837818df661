import type { Reminder, ReminderSender } from '../../core/ports.ts';
import { Http } from '../http.ts';

/** Posts reminders as JSON to one address, which a chat, a mailer or a script may stand behind. */
export class ReminderWebhook implements ReminderSender {
  readonly #http: Http;

  /** @param url - May be a secret itself, so no message names more of it than that it is the reminders'. */
  constructor(url: string) {
    this.#http = new Http({ service: 'the receiver of reminders', baseUrl: url, timeoutMs: 10_000 });
  }

  async send(reminder: Reminder, signal?: AbortSignal): Promise<void> {
    const response = await this.#http.send({
      method: 'POST',
      path: '',
      json: reminder,
      headers: { 'idempotency-key': reminder.id },
      signal,
    });
    await response.body.dump();
  }
}
