import type { PayloadCodec } from '@temporalio/common';
import { EncryptionCodec } from './encryption-codec.ts';
import { readPayloadKeys } from './payload-keys.ts';

/** What clients and workers put between themselves and Temporal: encryption where the environment holds keys, else nothing. */
export function payloadCodecs(env: NodeJS.ProcessEnv): PayloadCodec[] {
  const [first, ...others] = readPayloadKeys(env);
  return first ? [new EncryptionCodec([first, ...others])] : [];
}
