import { DomainError } from '../../core/errors.ts';

/** A key for what Temporal stores. */
export interface PayloadKey {
  /** Stands beside what it encrypts, in clear. */
  readonly id: string;
  /** 32 of them. */
  readonly bytes: Buffer;
}

const keyBytes = 32;
/** A name, and so many bytes in base64. */
const keyForm = /^\s*([\w.-]{1,40}):([A-Za-z0-9+/]{43}=)\s*$/;

/**
 * The keys of `LABELLOOP_PAYLOAD_KEYS`: `name:base64` of 32 bytes, the one that encrypts first, parted by commas. None where the variable is
 * missing or empty.
 *
 * @throws {@link DomainError} that names the place, and shows nothing of a key.
 */
export function readPayloadKeys(env: NodeJS.ProcessEnv): PayloadKey[] {
  const text = env['LABELLOOP_PAYLOAD_KEYS'] ?? '';
  if (text.trim() === '') return [];
  const keys = text.split(',').map((entry, index): PayloadKey => {
    const [, id, base64] = keyForm.exec(entry) ?? [];
    if (id === undefined || base64 === undefined)
      throw new DomainError(
        `LABELLOOP_PAYLOAD_KEYS: key ${index + 1} is no "name:" with ${keyBytes} bytes in base64 behind it; make one with ` +
          `"echo key-1:$(openssl rand -base64 ${keyBytes})".`,
      );
    return { id, bytes: Buffer.from(base64, 'base64') };
  });
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice) throw new DomainError(`LABELLOOP_PAYLOAD_KEYS: the name "${twice.id}" comes twice.`);
  return keys;
}
