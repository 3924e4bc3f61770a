/** Keys sealed and wrapped: by the vectors of RFC 9180, between the city's library and a page's own code, and bound to their place. */
import { randomBytes } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { describe, expect, it } from 'vitest';
import { sealInfo, type SealPlace } from '../domain/blind/contexts.ts';
import { combine } from '../domain/blind/shamir.ts';
import { concat, fromText, keyPairFrom, newKeyPair, open, seal, toText } from './page/hpke.ts';
import { unwrapKey, wrapKey } from './page/own-key.ts';
import { isPublicKey, sealKey, sealTo, unveil, veil } from './sealing.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const PLACE: SealPlace = {
  ...{ use: 'consent', subject: 'per-a', record: 'rec-1', version: 2, to: 'per-b', under: 'con-1', from: '' },
};
const KEY = randomBytes(32);

describe('HPKE in a page', () => {
  it('opens the first message of RFC 9180, A.3.1 (P-256, AES-128-GCM)', async () => {
    const pair = await keyPairFrom(bytes('f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2'));
    expect(Buffer.from(pair.publicKey).toString('hex')).toBe(
      '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0',
    );
    const sealed = concat(
      bytes(
        '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
      ),
      bytes('5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434'),
    );
    const how = { info: bytes('4f6465206f6e2061204772656369616e2055726e'), keyBytes: 16 };
    const opened = await open(pair, sealed, { ...how, additional: bytes('436f756e742d30') });
    expect(new TextDecoder().decode(opened!)).toBe('Beauty is truth, truth beauty');
    expect(await open(pair, sealed, { ...how, additional: bytes('436f756e742d31') })).toBeNull();
  });

  it('opens what the city’s library sealed, and that library what a page sealed', async () => {
    const pair = await newKeyPair();
    const sealed = fromText(await sealTo(toText(pair.publicKey), PLACE, KEY));
    expect(Buffer.from((await open(pair, sealed, { info: sealInfo(PLACE) }))!)).toEqual(KEY);
    const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const recipientKey = await suite.kem.deserializePrivateKey(pair.secret.buffer);
    const bySelf = await seal(pair.publicKey, sealInfo(PLACE), KEY);
    const opened = await suite.open(
      { recipientKey, enc: bySelf.slice(0, 65).buffer, info: sealInfo(PLACE).buffer },
      bySelf.slice(65).buffer,
    );
    expect(Buffer.from(opened)).toEqual(KEY);
  });

  it.each<[string, Partial<SealPlace>]>([
    ['record', { record: 'rec-2' }],
    ['version', { version: 3 }],
    ['person', { subject: 'per-c' }],
    ['recipient', { to: 'per-c' }],
    ['consent', { under: 'con-2' }],
    ['use', { use: 'own' }],
    ['holder', { from: 'per-h' }],
  ])('does not open in the place of another %s', async (_, change) => {
    const pair = await newKeyPair();
    const sealed = await seal(pair.publicKey, sealInfo(PLACE), KEY);
    expect(await open(pair, sealed, { info: sealInfo({ ...PLACE, ...change }) })).toBeNull();
  });

  it('does not open for somebody else, cut or changed', async () => {
    const pair = await newKeyPair();
    const sealed = await seal(pair.publicKey, sealInfo(PLACE), KEY);
    const info = sealInfo(PLACE);
    const changed = sealed.slice();
    changed[changed.length - 1]! ^= 1;
    expect([
      await open(await newKeyPair(), sealed, { info }),
      await open(pair, changed, { info }),
      await open(pair, sealed.slice(0, 40), { info }),
      await open(pair, sealed.slice(0, -1), { info }),
    ]).toEqual([null, null, null, null]);
  });

  it('knows a key to seal to from what is none', async () => {
    const { publicKey } = await newKeyPair();
    const off = publicKey.slice();
    off[64]! ^= 1;
    expect([await isPublicKey(toText(publicKey)), await isPublicKey(toText(off)), await isPublicKey('AAAA')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the key of one version', () => {
  const BINDING = { record: 'rec-1', version: 1, subject: 'per-a', category: 'notes', media: 'application/json' };
  it('opens its content in its place and nowhere else', () => {
    const veiled = veil(KEY, BINDING, Buffer.from('told to nobody'));
    expect(unveil(KEY, BINDING, veiled)?.toString()).toBe('told to nobody');
    for (const change of [{ record: 'rec-2' }, { version: 2 }, { subject: 'per-b' }, { media: 'application/pdf' }])
      expect(unveil(KEY, { ...BINDING, ...change }, veiled)).toBeNull();
    expect(unveil(randomBytes(32), BINDING, veiled)).toBeNull();
  });

  it('is its owner’s whole, and each holder’s in part', async () => {
    const [owner, ...holders] = await Promise.all(Array.from({ length: 4 }, () => newKeyPair()));
    const named = holders.map(({ publicKey }, i) => ({ person: `per-h${i}`, publicKey: toText(publicKey) }));
    const seals = await sealKey(
      { subject: 'per-a', publicKey: toText(owner!.publicKey), holders: named, needed: 2 },
      BINDING,
      KEY,
    );
    const place = (at: number): SealPlace => ({ subject: 'per-a', record: 'rec-1', version: 1, ...seals[at]! });
    const opened = async (at: number) =>
      open([owner!, ...holders][at]!, fromText(seals[at]!.sealed), { info: sealInfo(place(at)) });
    expect(Buffer.from((await opened(0))!)).toEqual(KEY);
    const shares = [(await opened(1))!, (await opened(3))!];
    expect(Buffer.from(combine(shares)!)).toEqual(KEY);
    expect(shares.map((share) => Buffer.from(share.slice(1)).equals(KEY))).toEqual([false, false]);
  });
});

describe('a person’s own key', () => {
  it('opens with the same passkey of the same person alone', async () => {
    const { secret } = await newKeyPair();
    const [prf, place] = [randomBytes(32), { person: 'per-a', credential: 'cred' }];
    const wrapped = await wrapKey(prf, place, secret);
    expect(await unwrapKey(prf, place, wrapped)).toEqual(secret);
    expect([
      await unwrapKey(randomBytes(32), place, wrapped),
      await unwrapKey(prf, { ...place, person: 'per-b' }, wrapped),
      await unwrapKey(prf, { ...place, credential: 'other' }, wrapped),
      await unwrapKey(prf, place, wrapped.slice(0, 20)),
    ]).toEqual([null, null, null, null]);
  });
});
