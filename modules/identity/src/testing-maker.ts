/** A maker of devices for tests: a root, an intermediate and factory certificates, made by another library and to any measure. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const FOREVER = new Date('9999-12-31T23:59:59Z');

export interface Holder {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly pem: string;
}
export interface Wanted {
  readonly subject: string;
  readonly authority?: boolean;
  readonly pathLength?: number;
  readonly notAfter?: Date;
  readonly extensions?: readonly x509.Extension[];
}

const newKeys = async (): Promise<CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;

/** Without a signer it signs itself. */
export async function certify(wanted: Wanted, signer?: Holder): Promise<Holder> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await newKeys();
  const by = signer ?? { certificate: null, keys };
  const usage = wanted.authority ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: wanted.subject,
    issuer: by.certificate?.subject ?? wanted.subject,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: wanted.notAfter ?? FOREVER,
    publicKey: keys.publicKey as never,
    signingKey: by.keys.privateKey as never,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(wanted.authority ?? false, wanted.pathLength, true),
      new x509.KeyUsagesExtension(usage, true),
      ...(wanted.extensions ?? []),
    ],
  });
  return { certificate, keys, pem: certificate.toString('pem') };
}

export interface Maker {
  readonly root: Holder;
  readonly intermediate: Holder;
  device(subject: string, more?: Partial<Wanted>): Promise<Holder>;
}

export async function newMaker(name = 'Maker'): Promise<Maker> {
  const root = await certify({ subject: `O=${name}, CN=${name} root`, authority: true });
  const intermediate = await certify({ subject: `O=${name}, CN=${name} ECC 2`, authority: true, pathLength: 0 }, root);
  return { root, intermediate, device: (subject, more) => certify({ subject, ...more }, intermediate) };
}

/** The private key as PEM, for TLS. */
export async function keyPem({ keys }: Holder): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
