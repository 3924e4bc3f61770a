/** The log's signing key: made at the first start in a file that only its owner may read, never anywhere else. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperationalFault, Secret } from '@cityward/kernel';
import { makeFolder } from './files.ts';

const KEY_FILE_MODE = 0o600;
const OTHERS = 0o077;

/**
 * Reads the key, or makes it when there is no file yet.
 * @param mayCreate false once the log has entries: a new key would be another log
 * @throws OperationalFault when the file is missing then, readable by others, or no Ed25519 key
 */
export function openKey(file: string, mayCreate: boolean): KeyObject {
  if (!existsSync(file)) {
    if (!mayCreate)
      throw new OperationalFault(
        `open the ledger's key: "${file}" is missing although the ledger has entries; restore it`,
      );
    createKey(file);
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & OTHERS) !== 0)
    throw new OperationalFault(
      `open the ledger's key: "${file}" has mode ${mode.toString(8)}, wanted 600; run chmod 600 on it`,
    );
  const pem = new Secret(readFileSync(file, 'utf8'));
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.reveal());
  } catch {
    throw new OperationalFault(`open the ledger's key: "${file}" is no private key in PEM`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new OperationalFault(`open the ledger's key: "${file}" is ${key.asymmetricKeyType}, wanted Ed25519`);
  return key;
}

function createKey(file: string): void {
  makeFolder(dirname(file));
  const pem = new Secret(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  const handle = openSync(file, 'wx', KEY_FILE_MODE);
  try {
    writeSync(handle, pem.reveal());
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
