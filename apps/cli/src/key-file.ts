/** An officer's private key in a file: sealed by a passphrase, readable by its owner only, never sent anywhere. */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
  type KeyObject,
} from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import type { OfficerKey } from '@cityward/contracts';
import { CommandFault, EXIT } from './exit-codes.ts';

const FORMAT = 'cityward-officer-key-1';
const CIPHER = 'aes-256-gcm';
/** 128 MiB for each guess. The file cannot ask for less. */
const SCRYPT = { N: 131_072, r: 8, p: 1, maxmem: 256 * 1_048_576 } as const;
const SEALING_KEY_BYTES = 32;
const TAG_BYTES = 16;
const SPKI_KEY_FROM = 12;
export const PASSPHRASE_MIN_CHARS = 12;

export type Ed25519Key = Extract<OfficerKey, { alg: 'ed25519' }>;
interface KeyFile {
  readonly format: string;
  readonly key: Ed25519Key;
  readonly salt: string;
  readonly nonce: string;
  readonly tag: string;
  readonly sealed: string;
}

/** Whose key it is, is sealed with it: a file cannot be relabelled. */
const labelOf = ({ id, officer, publicKey }: Ed25519Key): Buffer =>
  Buffer.from(JSON.stringify([FORMAT, id, officer, publicKey]));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const publicOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_KEY_FROM).toString('base64url');

/** Makes a key and its file; refuses to write over one. */
export function makeKeyFile(path: string, whose: { officer: string; id: string }, passphrase: string): Ed25519Key {
  if (passphrase.length < PASSPHRASE_MIN_CHARS)
    throw new CommandFault(EXIT.usage, `make a key: the passphrase has under ${PASSPHRASE_MIN_CHARS} characters`);
  const { privateKey } = generateKeyPairSync('ed25519');
  const key: Ed25519Key = { id: whose.id, officer: whose.officer, alg: 'ed25519', publicKey: publicOf(privateKey) };
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, scryptSync(passphrase, salt, SEALING_KEY_BYTES, SCRYPT), nonce);
  cipher.setAAD(labelOf(key));
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
  secret.fill(0);
  const file: KeyFile = {
    format: FORMAT,
    key,
    salt: base64(salt),
    nonce: base64(nonce),
    tag: base64(cipher.getAuthTag()),
    sealed: base64(sealed),
  };
  writeNew(path, `${JSON.stringify(file, null, 2)}\n`);
  return key;
}

function writeNew(path: string, text: string): void {
  let handle: number;
  try {
    handle = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw new CommandFault(EXIT.refused, `write key "${path}": ${(error as Error).message}; wanted a new file`);
  }
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Opens a key file; refuses one that others can read. */
export function openKeyFile(path: string, passphrase: string): { key: Ed25519Key; privateKey: KeyObject } {
  const file = readKeyFile(path);
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  try {
    const sealing = scryptSync(passphrase, bytes(file.salt), SEALING_KEY_BYTES, SCRYPT);
    const decipher = createDecipheriv(CIPHER, sealing, bytes(file.nonce), { authTagLength: TAG_BYTES })
      .setAAD(labelOf(file.key))
      .setAuthTag(bytes(file.tag));
    const secret = Buffer.concat([decipher.update(bytes(file.sealed)), decipher.final()]);
    const privateKey = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
    secret.fill(0);
    if (publicOf(privateKey) === file.key.publicKey) return { key: file.key, privateKey };
  } catch {
    // One answer for every way that it does not open.
  }
  throw new CommandFault(EXIT.refused, `open key "${path}": the passphrase is another, or the file was changed`);
}

/** The public part, without a passphrase. */
export function readKeyFile(path: string): KeyFile {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (mode & 0o077)
      throw new CommandFault(
        EXIT.refused,
        `open key "${path}": others can read it (mode ${(mode & 0o777).toString(8)}), wanted 600`,
      );
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    throw new CommandFault(EXIT.usage, `open key "${path}": ${(error as Error).message}`);
  }
  try {
    const file = JSON.parse(text) as KeyFile;
    const { key, salt, nonce, tag, sealed } = file;
    const texts = [salt, nonce, tag, sealed, key.id, key.officer, key.publicKey];
    if (file.format === FORMAT && key.alg === 'ed25519' && texts.every((one) => typeof one === 'string')) return file;
  } catch {
    // Said below.
  }
  throw new CommandFault(EXIT.refused, `open key "${path}": it is no officer's key file`);
}
