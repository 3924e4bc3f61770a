/** A throw-away authority and its certificates (P-256, X.509 v3), for tests and benchmarks only: nothing here is fit for a city. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';

export interface TestIdentity {
  readonly key: string;
  readonly cert: string;
  /** Upper-case hex, as Node prints it. */
  readonly serial: string;
}

export interface TestAuthority {
  readonly ca: string;
  /** A server certificate for localhost, 127.0.0.1 and ::1. */
  server(): TestIdentity;
  device(commonName: string, more?: { readonly notAfter?: number; readonly secondName?: string }): TestIdentity;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = 0x06;
const OCTETS = 0x04;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;
const BITS = 0x03;
const INTEGER = 0x02;
const TRUE = Buffer.from('0101ff', 'hex');
const ECDSA_SHA256 = tlv(SEQUENCE, tlv(OID, Buffer.from('2a8648ce3d040302', 'hex')));
const SERIAL_BYTES = 16;

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length =
    body.length < 0x100 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

const name = (...commonNames: readonly string[]): Buffer =>
  tlv(
    SEQUENCE,
    ...commonNames.map((one) =>
      tlv(SET, tlv(SEQUENCE, tlv(OID, Buffer.from('550403', 'hex')), tlv(UTF8, Buffer.from(one)))),
    ),
  );

const time = (at: number): Buffer =>
  tlv(UTC_TIME, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  tlv(SEQUENCE, tlv(OID, Buffer.from(id, 'hex')), ...(critical ? [TRUE] : []), tlv(OCTETS, value));

interface Draft {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly notAfter: number;
  readonly extensions: readonly Buffer[];
}

function certificate(draft: Draft): { readonly pem: string; readonly serial: string } {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0]! & 0x3f) | 0x40; // positive, and never shortened
  const body = tlv(
    SEQUENCE,
    tlv(0xa0, tlv(INTEGER, Buffer.of(2))),
    tlv(INTEGER, serial),
    ECDSA_SHA256,
    draft.issuer,
    tlv(SEQUENCE, time(Date.now() - HOUR_MS), time(draft.notAfter)),
    draft.subject,
    draft.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(SEQUENCE, ...draft.extensions)),
  );
  const signature = sign('sha256', body, draft.signer);
  const der = tlv(SEQUENCE, body, ECDSA_SHA256, tlv(BITS, Buffer.of(0), signature));
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    serial: serial.toString('hex').toUpperCase(),
  };
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const usage = (purpose: string): Buffer => extension('551d25', tlv(SEQUENCE, tlv(OID, Buffer.from(purpose, 'hex'))));
const SERVER_AUTH = usage('2b06010505070301');
const CLIENT_AUTH = usage('2b06010505070302');
const LOCALHOST = extension(
  '551d11',
  tlv(
    SEQUENCE,
    tlv(0x82, Buffer.from('localhost')),
    tlv(0x87, Buffer.of(127, 0, 0, 1)),
    tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.of(1)])),
  ),
);

export function createTestAuthority(title = 'Test authority'): TestAuthority {
  const root = keyPair();
  const issuer = name(title);
  const notAfter = Date.now() + DAY_MS;
  const own = {
    subject: issuer,
    issuer,
    publicKey: root.publicKey,
    signer: root.privateKey,
    notAfter,
    extensions: [extension('551d13', tlv(SEQUENCE, TRUE), true)],
  };
  const issue = (subject: Buffer, until: number, extensions: readonly Buffer[]): TestIdentity => {
    const { publicKey, privateKey } = keyPair();
    const { pem, serial } = certificate({
      subject,
      issuer,
      publicKey,
      signer: root.privateKey,
      notAfter: until,
      extensions,
    });
    return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem, serial };
  };
  return {
    ca: certificate(own).pem,
    server: () => issue(name('localhost'), notAfter, [SERVER_AUTH, LOCALHOST]),
    device: (commonName, more = {}) =>
      issue(name(commonName, ...(more.secondName ? [more.secondName] : [])), more.notAfter ?? notAfter, [CLIENT_AUTH]),
  };
}
