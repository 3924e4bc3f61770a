/** Client certificates over real TLS: who is let in, and what authentication is told of them. */
import 'reflect-metadata';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import * as x509 from '@peculiar/x509';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '@cityward/contracts';
import { build, closeAll } from './fixture.ts';
import type { HttpListener, PeerFacts } from './index.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
interface Issued {
  readonly key: string;
  readonly cert: string;
}
interface Authority extends Issued {
  readonly keys: CryptoKeyPair;
}

const pem = async (keys: CryptoKeyPair): Promise<string> =>
  x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
const newKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const validity = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) });

async function authority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: '01',
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { keys, key: await pem(keys), cert: certificate.toString('pem') };
}

async function issue(by: Authority, subject: string, serialNumber: string): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: new x509.X509Certificate(by.cert).subject,
    serialNumber,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: by.keys.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  return { key: await pem(keys), cert: certificate.toString('pem') };
}

let city: Authority;
let stranger: Authority;
let server: Issued;
beforeAll(async () => {
  [city, stranger] = await Promise.all([authority('city'), authority('stranger')]);
  server = await issue(city, 'CN=localhost', '02');
});
afterEach(closeAll);

const ask = (port: number, options: RequestOptions = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = {
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      path: '/api/broken',
      headers: { host: 'localhost' },
    };
    const sent = request({ ...url, ca: city.cert, agent: false, ...options }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });

async function listen(
  port: number,
  rejectUnauthorized: boolean,
): Promise<{ listener: HttpListener; seen: (PeerFacts | null)[] }> {
  const seen: (PeerFacts | null)[] = [];
  const listener = build({
    port,
    https: { ...server, ca: city.cert, requestCert: true, rejectUnauthorized },
    authenticate: ({ peer }) => {
      seen.push(peer);
      return ANONYMOUS;
    },
  });
  await listener.start();
  return { listener, seen };
}

describe('client certificates', () => {
  it('are insisted on, verified, and told to authentication', async () => {
    const { seen } = await listen(21110, true);
    const lamp = await issue(city, 'CN=lamp-0001', '0abc');
    expect(await ask(21110, { ...lamp })).toBe(200);
    expect(seen[0]).toMatchObject({ commonName: 'lamp-0001', serial: '0ABC', authorized: true, resumed: false });
    await expect(ask(21110)).rejects.toThrow();
    await expect(ask(21110, { ...(await issue(stranger, 'CN=lamp-0001', '05')) })).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });
  it('may be left out where the listener says so; a bad one is marked', async () => {
    const { seen } = await listen(21111, false);
    expect(await ask(21111)).toBe(200);
    expect(await ask(21111, { ...(await issue(stranger, 'CN=lamp-0001', '05')) })).toBe(200);
    expect(await ask(21111, { ...(await issue(city, 'CN=lamp-0001, CN=lamp-0002', '06')) })).toBe(200);
    expect(seen[0]).toBeNull();
    expect(seen[1]).toMatchObject({ authorized: false });
    expect(seen[2]).toMatchObject({ commonName: '', authorized: true });
  });
  it('are judged by the new list after setTls', async () => {
    const { listener } = await listen(21112, true);
    const outsider = await issue(stranger, 'CN=lamp-0003', '07');
    await expect(ask(21112, { ...outsider })).rejects.toThrow();
    listener.setTls({ ...server, ca: [city.cert, stranger.cert] });
    expect(await ask(21112, { ...outsider })).toBe(200);
  });
});
