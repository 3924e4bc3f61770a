/** The keys that sign service tokens: in a slot file of the owner's, rotated by themselves with overlap. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { HOUR_MS, type Clock } from '@cityward/kernel';
import { listedAt, nextFrom, signingAt, type TimedKey } from './domain/token-keys.ts';
import { readSlot, writeSlot } from './slot-file.ts';

export const TOKEN_ALGORITHM = 'ES256';
const LOOK_EVERY_MS = HOUR_MS;

interface TokenKey extends TimedKey {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
}
interface StoredKey extends TimedKey {
  /** PKCS#8, PEM. */
  readonly pem: string;
}

export interface TokenKeys {
  signing(): { readonly kid: string; readonly key: KeyObject };
  /** Null for a kid that is not listed now. */
  verifying(kid: string): KeyObject | null;
  /** The key set that anybody may fetch. */
  jwks(): { readonly keys: readonly JWK[] };
  /** Makes the next key when it is time; runs by itself. */
  rotate(): Promise<void>;
  stop(): void;
}

export async function openTokenKeys({
  folder,
  clock,
}: {
  readonly folder: string;
  readonly clock: Clock;
}): Promise<TokenKeys> {
  const path = join(folder, 'token-keys');
  let keys = await read(path);
  const rotate = async (): Promise<void> => {
    const now = clock();
    const from = nextFrom(keys, now);
    const listed = listedAt(keys, now);
    if (from === null && listed.length === keys.length) return;
    const next = from === null ? listed : [...listed, newKey(from)];
    await writeSlot(path, JSON.stringify(next.map(stored)));
    keys = next; // counts once it is on disk: a token by a key that a restart forgets would be worth nothing
  };
  await rotate();
  const timer = setInterval(() => void rotate(), LOOK_EVERY_MS).unref();
  return {
    signing: () => {
      const key = signingAt(keys, clock());
      if (!key) throw new Error('sign token: there is no key that has begun');
      return key;
    },
    verifying: (kid) => listedAt(keys, clock()).find((key) => key.kid === kid)?.publicKey ?? null,
    jwks: () => ({ keys: listedAt(keys, clock()).map((key) => key.jwk) }),
    rotate,
    stop: () => clearInterval(timer),
  };
}

async function read(path: string): Promise<TokenKey[]> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (!exists) return [];
  const rows = JSON.parse((await readSlot(path)).toString('utf8')) as StoredKey[];
  return rows.map(({ from, pem }) => keyOf(createPrivateKey(pem), from));
}

const newKey = (from: number): TokenKey => keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, from);
const stored = ({ kid, from, key }: TokenKey): StoredKey => ({
  kid,
  from,
  pem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
});

/** Named by its thumbprint (RFC 7638), so that the name follows from the key. */
function keyOf(key: KeyObject, from: number): TokenKey {
  const publicKey = createPublicKey(key);
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  const jwk = { kty, crv, x, y, kid, alg: TOKEN_ALGORITHM, use: 'sig' } as JWK;
  return { kid, from, key, publicKey, jwk };
}
