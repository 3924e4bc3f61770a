/** What the city does for a blind record when it is stored: a key that it makes, uses once, seals to others and forgets. */
import { randomBytes } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { contentInfo, sealInfo, type BlindBinding, type SealPlace } from '../domain/blind/contexts.ts';
import { split } from '../domain/blind/shamir.ts';
import { decrypt, encrypt } from '../keys/aead.ts';

export const CONTENT_KEY_BYTES = 32;

const suite = (): CipherSuite =>
  new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** `true` for a point on the curve, as a key to seal to. */
export const isPublicKey = (key: string): Promise<boolean> =>
  suite()
    .kem.deserializePublicKey(own(Buffer.from(key, 'base64url')))
    .then(
      () => true,
      () => false,
    );

/** Base64url: the encapsulated key, and the ciphertext after it. */
export async function sealTo(publicKey: string, place: SealPlace, plain: Uint8Array): Promise<string> {
  const recipientPublicKey = await suite().kem.deserializePublicKey(own(Buffer.from(publicKey, 'base64url')));
  const sealed = await suite().seal({ recipientPublicKey, info: own(sealInfo(place)) }, own(plain));
  return Buffer.concat([Buffer.from(sealed.enc), Buffer.from(sealed.ct)]).toString('base64url');
}

export const veil = (key: Uint8Array, binding: BlindBinding, content: Uint8Array): Buffer =>
  encrypt(key, contentInfo(binding), content);
/** `null` where the key is another one, or it belongs somewhere else. */
export const unveil = (key: Uint8Array, binding: BlindBinding, veiled: Uint8Array): Buffer | null =>
  decrypt(key, contentInfo(binding), veiled);

export interface Recipients {
  readonly subject: string;
  readonly publicKey: string;
  /** In the order of their shares. */
  readonly holders: readonly { readonly person: string; readonly publicKey: string }[];
  readonly needed: number;
}
export type Seal = Pick<SealPlace, 'use' | 'to' | 'under' | 'from'> & { readonly sealed: string };

/** The key to its owner, and a share of it to each holder: what an emergency needs, and no more than that one version. */
export async function sealKey(
  { subject, publicKey, holders, needed }: Recipients,
  { record, version }: Pick<BlindBinding, 'record' | 'version'>,
  key: Uint8Array,
): Promise<Seal[]> {
  const nowhere = { subject, record, version, under: '', from: '' };
  const mine = { ...nowhere, use: 'own', to: subject } as const;
  const seals: Seal[] = [{ ...mine, sealed: await sealTo(publicKey, mine, key) }];
  if (holders.length === 0) return seals;
  const shares = split(key, { shares: holders.length, needed, random: randomBytes((needed - 1) * key.length) });
  for (const [i, holder] of holders.entries()) {
    const theirs = { ...nowhere, use: 'share', to: holder.person } as const;
    seals.push({ ...theirs, sealed: await sealTo(holder.publicKey, theirs, shares[i]!) });
    shares[i]!.fill(0);
  }
  return seals;
}
