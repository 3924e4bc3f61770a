/** The certificates, checked by two libraries that did not make them, and the files they come from. */
import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, Secret } from '@cityward/kernel';
import { openAuthority, openRootKey, type Authority } from './authority.ts';
import { serialOf } from './domain/certificate.ts';
import { newRequest, newKey, removeFolder, testFolder } from './testing.ts';
import { parseSigningRequest } from './domain/signing-request.ts';

const base = testFolder();
const folder = join(base, 'authority');
const now = Date.now();
const options = { folder, cityName: 'Port Merrow', now, keepPassphrase: true };
let authority: Authority;
let passphrase: Secret;

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never);
  const opened = await openAuthority(options);
  authority = opened.authority;
  passphrase = opened.passphrase!;
});
afterAll(() => removeFolder(base));

const spkiOf = (device: string): Buffer => {
  const parsed = parseSigningRequest(newRequest(device).der);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return Buffer.from(parsed.value.spki);
};
const [rootPem, issuingPem] = [0, 1].map(
  (index) => () => authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/)[index]!,
);

describe('a device certificate', () => {
  const issue = () => authority.issueDevice('cam-0001', spkiOf('cam-0001'), now);

  it('reads in Node as it was meant, and is signed by the issuing authority', () => {
    const { der, serial, notAfter } = issue();
    const certificate = new X509Certificate(der);
    const issuing = new X509Certificate(issuingPem!());
    expect(certificate.serialNumber).toBe(serial);
    expect(certificate.validToDate.getTime()).toBe(notAfter);
    expect(notAfter - now).toBeLessThanOrEqual(90 * DAY_MS);
    expect(now - certificate.validFromDate.getTime()).toBeGreaterThanOrEqual(5 * 60_000);
    expect(certificate.checkIssued(issuing) && certificate.verify(issuing.publicKey)).toBe(true);
    expect(authority.isDevice(certificate)).toBe('cam-0001');
  });
  it('reads in @peculiar/x509 with the same names, uses and chain', async () => {
    const certificate = new x509.X509Certificate(Uint8Array.from(issue().der));
    expect(certificate.subject).toBe('CN=cam-0001');
    const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)!.names.toJSON();
    expect(names).toEqual([{ type: 'url', value: 'spiffe://port-merrow/device/cam-0001' }]);
    expect(certificate.getExtension(x509.BasicConstraintsExtension)!.ca).toBe(false);
    expect(certificate.getExtension(x509.KeyUsagesExtension)!.usages).toBe(x509.KeyUsageFlags.digitalSignature);
    expect(certificate.getExtension(x509.ExtendedKeyUsageExtension)!.usages).toEqual(['1.3.6.1.5.5.7.3.2']);
    const issuing = new x509.X509Certificate(issuingPem!());
    expect(certificate.getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId).toBe(
      issuing.getExtension(x509.SubjectKeyIdentifierExtension)!.keyId,
    );
    expect(await certificate.verify({ publicKey: issuing, date: new Date(now) })).toBe(true);
    const chain = await new x509.X509ChainBuilder({
      certificates: [issuing, new x509.X509Certificate(rootPem!())],
    }).build(certificate);
    expect(chain.map((link) => link.subject)).toEqual([
      'CN=cam-0001',
      'O=Port Merrow, CN=Port Merrow issuing 1',
      'O=Port Merrow, CN=Port Merrow root',
    ]);
  });
  it('has another serial each time, of 16 bytes without a sign or a leading zero', () => {
    const serials = new Set(Array.from({ length: 200 }, () => issue().serial));
    expect(serials.size).toBe(200);
    for (const serial of serials) expect(serial).toMatch(/^[1-7][0-9A-F]{31}$/);
    for (let first = 0; first < 256; first++)
      expect(serialOf(Buffer.alloc(16, first)).toString('hex')).toMatch(/^[1-7][0-9a-f]{31}$/);
  });
});

describe('the other profiles', () => {
  it('are told apart: only a device certificate is one', () => {
    const server = new X509Certificate(authority.issueServer(['localhost', '127.0.0.1', '::1'], now).der);
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    const likeDevice = new X509Certificate(authority.issueServer(['cam-0001'], now).der);
    for (const pem of [rootPem!(), issuingPem!()]) expect(authority.isDevice(new X509Certificate(pem))).toBeNull();
    for (const certificate of [server, likeDevice]) expect(authority.isDevice(certificate)).toBeNull();
  });
  it('let the issuing authority sign leaves only', () => {
    const issuing = new x509.X509Certificate(issuingPem!());
    const constraints = issuing.getExtension(x509.BasicConstraintsExtension)!;
    expect([constraints.ca, constraints.pathLength]).toEqual([true, 0]);
    expect(issuing.getExtension(x509.KeyUsagesExtension)!.usages).toBe(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
  });
});

describe('a revocation list', () => {
  it('names what is revoked and why, signed', async () => {
    const { serial } = authority.issueDevice('cam-0002', spkiOf('cam-0002'), now);
    const der = authority.revocationList([{ serial, at: now, reason: 'hold' }], now);
    const list = new x509.X509Crl(Uint8Array.from(der));
    expect(await list.verify({ publicKey: new x509.X509Certificate(issuingPem!()) })).toBe(true);
    expect(list.entries.map((entry) => [entry.serialNumber.toUpperCase(), entry.reason])).toEqual([
      [serial, x509.X509CrlReason.certificateHold],
    ]);
    expect(list.nextUpdate!.getTime()).toBeGreaterThan(now);
  });
  it('may be empty', async () => {
    const list = new x509.X509Crl(Uint8Array.from(authority.revocationList([], now)));
    expect(list.entries).toEqual([]);
    expect(await list.verify({ publicKey: new x509.X509Certificate(issuingPem!()) })).toBe(true);
  });
});

describe('the files', () => {
  it('are for the owner only', () => {
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
  it('open again as the same authority, whatever the city is called now', async () => {
    const again = await openAuthority({ ...options, cityName: 'Renamed' });
    expect(again.passphrase).toBeNull();
    expect(again.authority.caPem).toBe(authority.caPem);
    expect(again.authority.trustDomain).toBe('port-merrow');
  });
  it('give the root key to its passphrase alone', async () => {
    const key = await openRootKey(folder, passphrase);
    if (!key.ok) throw new Error(key.error.message);
    expect(new X509Certificate(rootPem!()).checkPrivateKey(key.value)).toBe(true);
    const wrong = await openRootKey(folder, new Secret('00000-00000-00000-00000-00000-00000'));
    expect(wrong.ok ? null : wrong.error.code).toBe('SEAL_NOT_OPENED');
  });
  it('are refused when others could read the key', async () => {
    const path = join(folder, 'issuing-key.pem');
    chmodSync(path, 0o644);
    await expect(openAuthority(options)).rejects.toThrow('others can read it (mode 644), wanted 600');
    chmodSync(path, 0o600);
  });
  it('are refused when key and certificate are not of each other', async () => {
    const other = join(base, 'other');
    await openAuthority({ ...options, folder: other });
    writeFileSync(join(other, 'issuing-key.pem'), newKey().export({ type: 'pkcs8', format: 'pem' }) as string);
    await expect(openAuthority({ ...options, folder: other })).rejects.toThrow("is not the certificate's");
  });
  it('are made whole after a kill on the way, and never over what is there', async () => {
    const killed = join(base, 'killed');
    mkdirSync(`${killed}.new`);
    writeFileSync(join(`${killed}.new`, 'root.pem'), 'half');
    expect((await openAuthority({ ...options, folder: killed })).passphrase).not.toBeNull();
    const foreign = join(base, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'letter'), 'x');
    await expect(openAuthority({ ...options, folder: foreign })).rejects.toThrow();
  });
  it('keep the passphrase only when asked to', async () => {
    const strict = join(base, 'strict');
    await openAuthority({ ...options, folder: strict, keepPassphrase: false });
    expect(readdirSync(strict)).not.toContain('root-passphrase');
    expect(readdirSync(folder)).toContain('root-passphrase');
  });
  it('name the root by a fingerprint that people can compare', () => {
    const digest = createHash('sha256').update(new X509Certificate(rootPem!()).raw).digest('hex').toUpperCase();
    expect(authority.fingerprint.replaceAll(':', '')).toBe(digest);
  });
});
