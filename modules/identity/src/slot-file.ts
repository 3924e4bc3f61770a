/** Files for key material: owner only, on disk before anybody relies on them, never in SQL, stream or ledger. */
import { randomBytes, scrypt, createCipheriv, createDecipheriv } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export { syncFolder, writeOwnerFile as writeSlot } from '@cityward/journal';

const OTHERS = 0o077;

/** Reads a file that `writeSlot` wrote; throws when others could read it too, since its secret must then be taken as known. */
export async function readSlot(path: string): Promise<Buffer> {
  const { mode } = await stat(path);
  if (mode & OTHERS)
    throw new Error(`read key file "${path}": others can read it (mode ${(mode & 0o777).toString(8)}), wanted 600`);
  return readFile(path);
}

/** For folders that hold slot files. */
export const ownerOnlyFolder = (folder: string): Promise<void> => chmod(folder, 0o700);

const SCRYPT = { N: 32_768, r: 8, p: 1 } as const;
const SCRYPT_MEMORY_MAX = 64 * 1_048_576;
const KEY_BYTES = 32;
const FORMAT = 'cityward-sealed-1';
const CIPHER = 'aes-256-gcm';

interface Sealed {
  readonly format: typeof FORMAT;
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: string;
  readonly nonce: string;
  readonly tag: string;
  readonly data: string;
}

const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

async function sealingKey(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return derive(passphrase.trim().toLowerCase(), salt, KEY_BYTES, { ...SCRYPT, maxmem: SCRYPT_MEMORY_MAX });
}

/** Seals bytes under a passphrase: scrypt, then AES-256-GCM with the format as associated data. Returns the file's text. */
export async function seal(secret: Uint8Array, passphrase: string): Promise<string> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const key = await sealingKey(passphrase, salt);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(FORMAT));
  const data = Buffer.concat([cipher.update(secret), cipher.final()]);
  key.fill(0);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const sealed: Sealed = {
    format: FORMAT,
    scrypt: SCRYPT,
    salt: base64(salt),
    nonce: base64(nonce),
    tag: base64(cipher.getAuthTag()),
    data: base64(data),
  };
  return `${JSON.stringify(sealed)}\n`;
}

/** Opens what `seal` wrote. */
export async function unseal(text: string, passphrase: string): Promise<Result<Buffer, Refusal<'SEAL_NOT_OPENED'>>> {
  const closed = refuse(
    'forbidden',
    'SEAL_NOT_OPENED',
    'open sealed file: the passphrase is another, or the file was changed',
  );
  try {
    const sealed = JSON.parse(text) as Sealed;
    // The parameters are ours alone: a file cannot ask for weaker or unbounded ones.
    if (sealed.format !== FORMAT || sealed.scrypt.N !== SCRYPT.N) return closed;
    const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
    const key = await sealingKey(passphrase, bytes(sealed.salt));
    const decipher = createDecipheriv(CIPHER, key, bytes(sealed.nonce), { authTagLength: 16 })
      .setAAD(Buffer.from(FORMAT))
      .setAuthTag(bytes(sealed.tag));
    return ok(Buffer.concat([decipher.update(bytes(sealed.data)), decipher.final()]));
  } catch {
    return closed;
  }
}
