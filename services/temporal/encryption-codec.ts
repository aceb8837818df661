import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DomainError } from '../../core/errors.ts';
import type { PayloadKey } from './payload-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const encoding = 'binary/encrypted';
const keyIdField = 'encryption-key-id';

/**
 * Keeps what Temporal stores unreadable for whoever runs the server: AES-256-GCM over each whole payload, as in Temporal's own samples (nonce,
 * ciphertext, tag). The first key encrypts, each one decrypts, so a key is changed by putting a new one before it. What was stored in clear is
 * read as it is, so encryption can begin in the middle of a loop.
 *
 * @see https://docs.temporal.io/production-deployment/data-encryption
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #first: PayloadKey;

  /** @param keys - One at least. */
  constructor(keys: readonly [PayloadKey, ...PayloadKey[]]) {
    this.#first = keys[0];
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, bytes]));
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.#encrypt(payload)));
  }

  /** @throws DomainError when the key is not there, or the payload was changed. */
  // eslint-disable-next-line @typescript-eslint/require-await -- a throw has to become a rejection
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) =>
      textOf(payload, 'encoding') === encoding ? this.#decrypt(payload) : payload,
    );
  }

  #encrypt(payload: Payload): Payload {
    const { id, bytes } = this.#first;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, bytes, nonce);
    const plain = PayloadMessage.encode(payload).finish();
    const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: Buffer.from(encoding), [keyIdField]: Buffer.from(id) }, data };
  }

  #decrypt(payload: Payload): Payload {
    const id = textOf(payload, keyIdField);
    const key = this.#keys.get(id);
    if (!key)
      throw new DomainError(
        `A payload in Temporal is encrypted with the key "${id}", which LABELLOOP_PAYLOAD_KEYS does not hold; put it behind the first.`,
      );
    const data = Buffer.from(payload.data ?? []);
    try {
      const decipher = createDecipheriv(algorithm, key, data.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAuthTag(data.subarray(-tagBytes));
      const plain = Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()]);
      return PayloadMessage.decode(plain);
    } catch (cause) {
      throw new DomainError(
        `A payload in Temporal cannot be decrypted with the key "${id}": it was encrypted with another one of that name, or changed.`,
        { cause },
      );
    }
  }
}

function textOf({ metadata }: Payload, field: string): string {
  return Buffer.from(metadata?.[field] ?? []).toString();
}
