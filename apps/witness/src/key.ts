/** The witness's own key: made at its first start, in a file that only its owner reads. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { writeOwnerFile } from '@cityward/journal';
import { Secret } from '@cityward/kernel';

const OTHERS = 0o077;

/** Throws on a file that others may read, or that holds no Ed25519 key. */
export async function openWitnessKey(path: string): Promise<KeyObject> {
  const held = await stat(path).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return null;
    throw fault;
  });
  if (held === null) return makeKey(path);
  if ((held.mode & OTHERS) !== 0)
    throw new Error(`open the witness's key "${path}": its mode is ${(held.mode & 0o777).toString(8)}, wanted 600`);
  const pem = new Secret(await readFile(path, 'utf8'));
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem.reveal());
  } catch {
    // Said below, without what the file holds.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new Error(`open the witness's key "${path}": wanted an Ed25519 key in PEM`);
}

async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeOwnerFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return privateKey;
}
