/** What the tests of this module share: an identity on a fresh database, clients with keys, requests. */
import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis, type Clock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { bitString, contextTag, integer, octetString, oid, sequence, set, tlv } from './domain/der.ts';
import { nameOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import { ECDSA_SHA256 } from './domain/certificate.ts';
import type { IdentityOptions } from './needs.ts';
import { createIdentity, type Identity } from './service.ts';

export { softAuthenticator } from './testing-authenticator.ts';

/** A clock that tests move. Starts at the real time, since TLS judges certificates by it. */
export function testClock(start: number = Date.now()): Clock & { add(ms: number): void } {
  let offset = 0;
  const began = performance.now();
  const clock = () => millis(Math.floor(start + (performance.now() - began) + offset));
  return Object.assign(clock, { add: (ms: number) => void (offset += ms) });
}

export const testFolder = (): string => mkdtempSync(join(tmpdir(), 'cityward-identity-'));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** A directory where every id that begins with a class name is a device of site `site-1`. */
export const anyDevice: IdentityOptions['directory'] = {
  device: (id) => (/^(cam|lamp|pump|switch)-/.test(id) ? { id, class: 'camera', site: 'site-1' } : null),
  siteOf: () => 'site-1',
};

export function testIdentity(sql: Sql, options: Partial<IdentityOptions> & { folder: string }): Identity {
  return createIdentity({
    sql,
    cityName: 'Port Merrow',
    clock: testClock(),
    log: silentLog,
    directory: anyDevice,
    origins: ['http://localhost:8080'],
    ...options,
  });
}

/** A P-256 key with a request for `CN=device` and, when given, one URI. */
export function newRequest(
  device: string,
  uri?: string,
  key = newKey(),
): { key: KeyObject; der: Buffer; base64: string } {
  const spki = derive(key);
  const attributes = uri
    ? [
        sequence(
          oid(OID.extensionRequest),
          set(
            sequence(
              sequence(
                oid(OID.subjectAltName),
                octetString(sequence(tlv(contextTag(6, false), Buffer.from(uri, 'latin1')))),
              ),
            ),
          ),
        ),
      ]
    : [];
  const info = sequence(integer(0), nameOf(device), spki, tlv(contextTag(0, true), ...attributes));
  const der = sequence(info, ECDSA_SHA256, bitString(sign('sha256', info, key)));
  return { key, der, base64: der.toString('base64') };
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function derive(key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x!, 'base64url'), Buffer.from(jwk.y!, 'base64url')]);
  return sequence(sequence(oid(OID.ecPublicKey), oid(OID.p256)), bitString(point));
}

export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** The certificates of a base64 certs-only answer: found by their DER, since the wrapping has a fixed shape. */
export function certificatesIn(base64: string): X509Certificate[] {
  const der = Buffer.from(base64, 'base64');
  const found: X509Certificate[] = [];
  for (let at = 0; at + 4 < der.length; at++) {
    if (der[at] !== 0x30 || der[at + 1] !== 0x82) continue;
    const length = 4 + der.readUInt16BE(at + 2);
    try {
      found.push(new X509Certificate(der.subarray(at, at + length)));
      at += length - 1;
    } catch {
      // a wrapping, not a certificate
    }
  }
  return found;
}

/** What a device gets over EST for a one-time code. */
export async function enrolled(identity: Identity, device: string): Promise<X509Certificate> {
  const [code] = await identity.issueCodes([device], 'per-1');
  const answer = await identity.est({
    method: 'POST',
    path: '/.well-known/est/simpleenroll',
    headers: { authorization: `Basic ${Buffer.from(`${device}:${code!.code}`).toString('base64')}` },
    body: Buffer.from(newRequest(device).base64),
    address: '127.0.0.1',
    certificate: null,
  });
  if (answer.status !== 200) throw new Error(`enrol: ${answer.status} ${answer.body.toString()}`);
  return certificatesIn(answer.body.toString())[0]!;
}

export interface Call {
  readonly port: number;
  readonly ca: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly basic?: string;
  readonly key?: string;
  readonly cert?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
}

/** One HTTPS request to the EST listener of this machine. */
export function call(options: Call): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const { port, ca, path, body, basic, key, cert } = options;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = { ...(body === undefined ? {} : { 'content-type': 'application/pkcs10' }) };
  if (basic) headers['authorization'] = `Basic ${Buffer.from(basic).toString('base64')}`;
  Object.assign(headers, options.headers);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers,
        ca,
        key,
        cert,
        ...(options.agent ? { agent: options.agent } : {}),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
