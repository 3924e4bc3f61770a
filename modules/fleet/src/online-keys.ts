/** The two keys that the server itself signs with: how fresh the repository is, never what is in it. Files of their owner only. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSlot } from '@cityward/identity/slot-file';
import { OperationalFault } from '@cityward/kernel';
import { keyIdOf, metadataBytes, tufKey, type Snapshot, type Timestamp } from './domain/tuf/metadata.ts';

export interface OnlineKey {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  signed<M extends Snapshot | Timestamp>(signed: M): { signed: M; signatures: { keyid: string; sig: string }[] };
}
export interface OnlineKeys {
  readonly snapshot: OnlineKey;
  readonly timestamp: OnlineKey;
}

const OTHERS = 0o077;
const SPKI_KEY_FROM = 12;

/** Reads the keys, or makes them. Throws an OperationalFault when others can read one, or when a file is no such key. */
export async function openOnlineKeys(folder: string): Promise<OnlineKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [snapshot, timestamp] = await Promise.all(
    ['snapshot', 'timestamp'].map((role) => openKey(join(folder, `${role}.key`))),
  );
  return { snapshot: snapshot!, timestamp: timestamp! };
}

async function openKey(path: string): Promise<OnlineKey> {
  const found = await stat(path).catch(() => null);
  if (!found) await writeSlot(path, newKey());
  else if (found.mode & OTHERS)
    throw new OperationalFault(`open key "${path}": others can read it, wanted mode 600; make a new root without it`);
  const pem = await readFile(path, 'utf8');
  try {
    return keyOf(createPrivateKey(pem));
  } catch {
    throw new OperationalFault(`open key "${path}": it is no Ed25519 private key in PEM`);
  }
}

const newKey = (): string | Buffer =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });

function keyOf(key: KeyObject): OnlineKey {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('wanted an Ed25519 key');
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_KEY_FROM);
  const keyid = keyIdOf(tufKey(publicKey));
  return {
    publicKey,
    signed: (signed) => ({
      signed,
      signatures: [{ keyid, sig: sign(null, metadataBytes(signed), key).toString('hex') }],
    }),
  };
}
