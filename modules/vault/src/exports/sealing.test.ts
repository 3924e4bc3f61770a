/** What is sealed for a recipient is as RFC 9180 says: opened by a second implementation, which opens the RFC's own example too. */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { HPKE_FORMAT, newKeyPair, openSealed, sealFor } from './sealing.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const two = (number: number): Buffer => Buffer.from([number >> 8, number & 255]);
const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

/** [RFC 9180, 4] */
interface Suite {
  readonly kem: number;
  readonly aead: number;
  readonly keyBytes: number;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm';
}
const AES_128: Suite = { kem: 0x0020, aead: 0x0001, keyBytes: 16, cipher: 'aes-128-gcm' };
const AES_256: Suite = { kem: 0x0020, aead: 0x0002, keyBytes: 32, cipher: 'aes-256-gcm' };
const labels = (id: Buffer) => ({
  extract: (salt: Buffer, label: string, ikm: Buffer): Buffer =>
    hmac(
      salt.length > 0 ? salt : Buffer.alloc(32),
      Buffer.concat([Buffer.from('HPKE-v1'), id, Buffer.from(label), ikm]),
    ),
  // Never more than one block of SHA-256.
  expand: (prk: Buffer, label: string, { info, length }: { info: Buffer; length: number }): Buffer =>
    hmac(
      prk,
      Buffer.concat([two(length), Buffer.from('HPKE-v1'), id, Buffer.from(label), info, Buffer.from([1])]),
    ).subarray(0, length),
});
const privateKey = (raw: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([hex('302e020100300506032b656e04220420'), raw]),
    format: 'der',
    type: 'pkcs8',
  });
const publicKey = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([hex('302a300506032b656e032100'), raw]), format: 'der', type: 'spki' });
const rawPublic = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

interface Sealed {
  readonly secret: Buffer;
  readonly enc: Buffer;
  readonly info: Buffer;
  readonly aad: Buffer;
  readonly ct: Buffer;
}
function openByHand({ kem, aead, keyBytes, cipher }: Suite, { secret, enc, info, aad, ct }: Sealed): Buffer {
  const own = privateKey(secret);
  const byKem = labels(Buffer.concat([Buffer.from('KEM'), two(kem)]));
  const shared = diffieHellman({ privateKey: own, publicKey: publicKey(enc) });
  const prk = byKem.extract(Buffer.alloc(0), 'eae_prk', shared);
  const secretShared = byKem.expand(prk, 'shared_secret', { info: Buffer.concat([enc, rawPublic(own)]), length: 32 });
  const { extract, expand } = labels(Buffer.concat([Buffer.from('HPKE'), two(kem), two(1), two(aead)]));
  const nothing = Buffer.alloc(0);
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(nothing, 'psk_id_hash', nothing),
    extract(nothing, 'info_hash', info),
  ]);
  const from = extract(secretShared, 'secret', nothing);
  const key = expand(from, 'key', { info: context, length: keyBytes });
  const nonce = expand(from, 'base_nonce', { info: context, length: 12 });
  const decipher = createDecipheriv(cipher, key, nonce).setAAD(aad).setAuthTag(ct.subarray(-16));
  return Buffer.concat([decipher.update(ct.subarray(0, -16)), decipher.final()]);
}

const PLAIN = Buffer.from('{"manifest":{}}\n["Quay","asthma"]\n');
const ABOUT = { export: 'exp-1', purpose: 'HRESCH', recipient: 'Harbour University' };

describe('a file by HPKE', () => {
  it('is opened by an implementation that opens the first example of RFC 9180', async () => {
    const example = {
      secret: hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
      enc: hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431'),
      info: hex('4f6465206f6e2061204772656369616e2055726e'),
      aad: hex('436f756e742d30'),
      ct: hex('f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a'),
    };
    expect(openByHand(AES_128, example).toString()).toBe('Beauty is truth, truth beauty');
    const { recipient, secret } = await newKeyPair();
    const file = (await sealFor(recipient, PLAIN, ABOUT))!;
    const end = file.indexOf(10) + 1;
    expect(JSON.parse(file.subarray(0, end).toString())).toEqual({ format: HPKE_FORMAT, ...ABOUT });
    const opened = openByHand(AES_256, {
      secret: Buffer.from(secret, 'base64url'),
      enc: file.subarray(end, end + 32),
      info: Buffer.from('cityward export 1'),
      aad: file.subarray(0, end),
      ct: file.subarray(end + 32),
    });
    expect(opened).toEqual(PLAIN);
  });

  it('opens with its key alone, and not where its purpose was changed', async () => {
    const [own, other] = await Promise.all([newKeyPair(), newKeyPair()]);
    const file = (await sealFor(own.recipient, PLAIN, ABOUT))!;
    expect(await openSealed(own.secret, file)).toEqual(PLAIN);
    expect(await openSealed(other.secret, file)).toBeNull();
    const text = file.toString('latin1').replace('HRESCH', 'HPAYMT');
    expect(await openSealed(own.secret, Buffer.from(text, 'latin1'))).toBeNull();
    expect(await openSealed(own.secret, Buffer.from('no file'))).toBeNull();
    expect(file.includes('asthma')).toBe(false);
  });
});

describe('a file by age', () => {
  it('opens with its key alone', async () => {
    const [own, other] = await Promise.all([generateIdentity(), generateIdentity()]);
    const file = (await sealFor(await identityToRecipient(own), PLAIN, ABOUT))!;
    expect(file.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect(await openSealed(own, file)).toEqual(PLAIN);
    expect(await openSealed(other, file)).toBeNull();
  });

  it('is not made for what is no key', async () => {
    expect(await sealFor('age1nonsense', PLAIN, {})).toBeNull();
    expect(await sealFor('hpke:AAAA', PLAIN, {})).toBeNull();
    // A key of small order would share no secret.
    expect(await sealFor(`hpke:${Buffer.alloc(32).toString('base64url')}`, PLAIN, {})).toBeNull();
  });
});
