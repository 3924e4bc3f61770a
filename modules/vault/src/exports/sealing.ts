/** A file that its recipient alone opens: HPKE (RFC 9180, base mode, X25519, HKDF-SHA256, AES-256-GCM) or age, as their key says. */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { Decrypter, Encrypter } from 'age-encryption';

const HPKE_PREFIX = 'hpke:';
/** The first line of a file by HPKE; what it says is bound to the content. */
export const HPKE_FORMAT = 'cityward-export-hpke-1';
const INFO = new TextEncoder().encode('cityward export 1');
const KEY_BYTES = 32;
const NEW_LINE = 10;

const suite = (): CipherSuite =>
  new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
/** Web Cryptography takes an ArrayBuffer, and a Buffer may be part of a larger one. */
const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

export interface NewKeyPair {
  /** Given to the city. */
  readonly recipient: string;
  /** Kept by the recipient: base64url. */
  readonly secret: string;
}
export async function newKeyPair(): Promise<NewKeyPair> {
  const { kem } = suite();
  const pair = await kem.generateKeyPair();
  const text = async (bytes: Promise<ArrayBuffer>) => Buffer.from(await bytes).toString('base64url');
  return {
    recipient: `${HPKE_PREFIX}${await text(kem.serializePublicKey(pair.publicKey))}`,
    secret: await text(kem.serializePrivateKey(pair.privateKey)),
  };
}

/** `null` for a key that is none. */
export async function sealFor(
  recipient: string,
  plain: Uint8Array,
  about: Readonly<Record<string, string>>,
): Promise<Buffer | null> {
  try {
    return recipient.startsWith(HPKE_PREFIX) ? await byHpke(recipient, plain, about) : await byAge(recipient, plain);
  } catch {
    return null;
  }
}

async function byAge(recipient: string, plain: Uint8Array): Promise<Buffer> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(plain));
}

async function byHpke(recipient: string, plain: Uint8Array, about: Readonly<Record<string, string>>): Promise<Buffer> {
  const { kem } = suite();
  const key = await kem.deserializePublicKey(own(Buffer.from(recipient.slice(HPKE_PREFIX.length), 'base64url')));
  const head = Buffer.from(`${JSON.stringify({ format: HPKE_FORMAT, ...about })}\n`);
  const sealed = await suite().seal({ recipientPublicKey: key, info: own(INFO) }, own(plain), own(head));
  return Buffer.concat([head, Buffer.from(sealed.enc), Buffer.from(sealed.ct)]);
}

/** @param secret as `newKeyPair` gave it, or `AGE-SECRET-KEY-1…`; `null` where it does not open, or the file was changed */
export async function openSealed(secret: string, file: Uint8Array): Promise<Buffer | null> {
  try {
    if (!secret.startsWith('AGE-')) return await openHpke(secret, file);
    const decrypter = new Decrypter();
    decrypter.addIdentity(secret);
    return Buffer.from(await decrypter.decrypt(file));
  } catch {
    return null;
  }
}

async function openHpke(secret: string, file: Uint8Array): Promise<Buffer | null> {
  const end = file.indexOf(NEW_LINE) + 1;
  const head = file.subarray(0, end);
  const { format } = JSON.parse(Buffer.from(head).toString()) as { format?: unknown };
  if (format !== HPKE_FORMAT) return null;
  const { kem } = suite();
  const recipientKey = await kem.deserializePrivateKey(own(Buffer.from(secret, 'base64url')));
  const enc = own(file.subarray(end, end + KEY_BYTES));
  const opened = await suite().open(
    { recipientKey, enc, info: own(INFO) },
    own(file.subarray(end + KEY_BYTES)),
    own(head),
  );
  return Buffer.from(opened);
}
