/** An authenticator in software, so that tests make and use passkeys without a browser. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Json } from './passkeys.ts';

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** CBOR (RFC 8949) of the few kinds that WebAuthn needs. */
function cbor(value: number | string | Uint8Array | ReadonlyMap<number | string, unknown>): Buffer {
  const head = (major: number, size: number): Buffer => {
    if (size < 24) return Buffer.from([(major << 5) | size]);
    return size < 256
      ? Buffer.from([(major << 5) | 24, size])
      : Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
  };
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const entries = [...(value as ReadonlyMap<number | string, never>)].flatMap(([key, item]) => [cbor(key), cbor(item)]);
  return Buffer.concat([head(5, entries.length / 2), ...entries]);
}

export interface AnswerChanges {
  readonly origin?: string;
  readonly rpId?: string;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  /** Copied to its owner's cloud. */
  readonly backedUp?: boolean;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userHandle?: string;
  readonly counter?: number;
}

export interface Authenticator {
  create(options: Json, changes?: AnswerChanges): Json;
  get(options: Json, changes?: AnswerChanges): Json;
}

const FLAGS = { present: 0x01, verified: 0x04, mayBeCopied: 0x08, backedUp: 0x10, attested: 0x40 } as const;

export function softAuthenticator(): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let owner = '';
  const clientData = (type: string, options: Json, changes: AnswerChanges): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: changes.type ?? type,
        challenge: changes.challenge ?? options['challenge'],
        origin: changes.origin ?? 'http://localhost:8080',
        crossOrigin: changes.crossOrigin ?? false,
      }),
    );
  const authData = (changes: AnswerChanges, attested?: Buffer): Buffer => {
    const present = changes.userPresent === false ? 0 : FLAGS.present;
    const verified = changes.userVerified === false ? 0 : FLAGS.verified;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(changes.counter ?? 0);
    const copied = changes.backedUp === true ? FLAGS.mayBeCopied | FLAGS.backedUp : 0;
    const flags = Buffer.from([present | verified | copied | (attested ? FLAGS.attested : 0)]);
    return Buffer.concat([sha256(changes.rpId ?? 'localhost'), flags, counter, attested ?? Buffer.alloc(0)]);
  };
  const envelope = { id: base64url(id), rawId: base64url(id), type: 'public-key', clientExtensionResults: {} };

  return {
    create: (options, changes = {}) => {
      owner = (options['user'] as { id: string }).id;
      const idLength = Buffer.from([0, id.length]);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, coseKey(publicKey)]);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData(changes, attested)],
      ]);
      return {
        ...envelope,
        response: {
          clientDataJSON: base64url(clientData('webauthn.create', options, changes)),
          attestationObject: base64url(cbor(attestation)),
          transports: ['internal'],
        },
      };
    },
    get: (options, changes = {}) => {
      const data = clientData('webauthn.get', options, changes);
      const authenticatorData = authData(changes);
      return {
        ...envelope,
        response: {
          clientDataJSON: base64url(data),
          authenticatorData: base64url(authenticatorData),
          signature: base64url(sign('sha256', Buffer.concat([authenticatorData, sha256(data)]), privateKey)),
          userHandle: changes.userHandle ?? owner,
        },
      };
    },
  };
}

function coseKey(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' });
  return cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x!, 'base64url')],
      [-3, Buffer.from(y!, 'base64url')],
    ]),
  );
}
