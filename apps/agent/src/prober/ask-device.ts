/** One bounded request to a device of the own site, and one TLS handshake; never further than a local address. */
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { SECOND_MS } from '@cityward/kernel';

export const ANSWER_MAX_BYTES = 65_536;
export const ANSWER_WAIT_MS = 5 * SECOND_MS;
const HEADERS_MAX_BYTES = 16_384;
/** Old protocols and weak ciphers must be seen to be named. */
const ANY_CIPHER = 'DEFAULT:@SECLEVEL=0';

export interface Door {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}
export interface Asking {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly authorization?: string;
  readonly body?: string;
}
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When its head arrived. */
  readonly at: number;
}
/** `refused`: nothing listens there. */
export type NoAnswer = 'refused' | 'none';

/** Addresses that no router on the internet passes on: loopback, private, link-local. */
export function isLocalAddress(host: string): boolean {
  if (isIP(host) === 4) {
    const [a, b] = host.split('.').map(Number) as [number, number];
    return (
      a === 127 || a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)
    );
  }
  return isIP(host) === 6 && /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/iu.test(host);
}

const noAnswerOf = (fault: NodeJS.ErrnoException): NoAnswer => (fault.code === 'ECONNREFUSED' ? 'refused' : 'none');

/** Never throws: what does not answer in time, or answers without end, has not answered. */
export function askDevice(door: Door, asking: Asking): Promise<Answer | NoAnswer> {
  const { host, port, isTls } = door;
  if (!isLocalAddress(host)) return Promise.resolve('none');
  const { method, path, authorization, body = '' } = asking;
  const options = {
    host,
    port,
    method,
    path,
    agent: false,
    maxHeaderSize: HEADERS_MAX_BYTES,
    // What it shows is looked at, not relied upon: no secret of ours goes there.
    ...(isTls ? { rejectUnauthorized: false, minVersion: 'TLSv1' as const, ciphers: ANY_CIPHER } : {}),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  };
  return new Promise((resolve) => {
    const call = (isTls ? requestHttps : requestHttp)(options, (answer) => {
      const at = Date.now();
      readBody(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, at }),
        () => resolve('none'),
      );
    });
    const timer = setTimeout(() => call.destroy(new Error('no answer in time')), ANSWER_WAIT_MS);
    call.on('close', () => clearTimeout(timer));
    call.on('error', (fault) => resolve(noAnswerOf(fault)));
    call.end(body);
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    if (size > ANSWER_MAX_BYTES) {
      answer.destroy();
      throw new Error('the answer is too long');
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export interface Handshake {
  readonly protocol: string;
  readonly cipher: string;
  readonly fingerprint: string | null;
  readonly selfSigned: boolean | null;
  readonly notAfter: number | null;
}

/** What a handshake shows; null where there is none. */
export function handshake(door: Pick<Door, 'host' | 'port'>): Promise<Handshake | null> {
  if (!isLocalAddress(door.host)) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket: TLSSocket = connect(
      { ...door, rejectUnauthorized: false, minVersion: 'TLSv1', ciphers: ANY_CIPHER, timeout: ANSWER_WAIT_MS },
      () => {
        const seen = seenOn(socket);
        socket.destroy();
        resolve(seen);
      },
    );
    const timer = setTimeout(() => socket.destroy(), ANSWER_WAIT_MS);
    socket.on('error', () => undefined); // 'close' follows and is what counts
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

function seenOn(socket: TLSSocket): Handshake {
  const certificate = socket.getPeerX509Certificate();
  const notAfter = certificate ? certificate.validToDate.getTime() : Number.NaN;
  return {
    protocol: (socket.getProtocol() ?? 'unknown').slice(0, 16),
    cipher: (socket.getCipher()?.name ?? 'unknown').slice(0, 80),
    fingerprint: certificate ? certificate.fingerprint256.replaceAll(':', '').toLowerCase() : null,
    selfSigned: certificate ? certificate.issuer === certificate.subject : null,
    notAfter: Number.isSafeInteger(notAfter) && notAfter >= 0 ? notAfter : null,
  };
}
