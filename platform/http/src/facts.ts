/** Reads out of a request what authentication may look at: session cookie, bearer token, client certificate, address. */
import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { PeerFacts, RequestFacts } from './options.ts';

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i;

export const factsOf = (request: FastifyRequest, cookieName: string): RequestFacts => ({
  sessionToken: readCookie(request.headers.cookie, cookieName),
  bearer: BEARER.exec(request.headers.authorization ?? '')?.[1] ?? null,
  peer: peerOf(request.raw.socket as TLSSocket),
  ip: request.ip,
});

/** Session tokens are our own: nothing to decode, and nothing else is taken for one. */
const TOKEN = /^[A-Za-z0-9._~-]{1,512}$/;

/** The first cookie of that name (RFC 6265 section 4.2); null when it is none of our tokens. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return TOKEN.test(value) ? value : null;
  }
  return null;
}

export interface CookieRules {
  readonly name: string;
  readonly secure: boolean;
}

/** The Set-Cookie value that stores the token until the browser closes, or clears it. Throws on a token no cookie can hold. */
export function writeCookie(rules: CookieRules, token: string | null): string {
  if (token !== null && !TOKEN.test(token))
    throw new Error('set the session cookie: the token has other characters than a token');
  const age = token === null ? '; Max-Age=0' : '';
  return `${rules.name}=${token ?? ''}${age}; Path=/; HttpOnly; SameSite=Strict${rules.secure ? '; Secure' : ''}`;
}

/** Null on plain HTTP and where the client showed no certificate. */
export function peerOf(socket: TLSSocket): PeerFacts | null {
  if (typeof socket.getPeerX509Certificate !== 'function') return null;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return null;
  return {
    commonName: commonNameOf(certificate.subject),
    serial: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    der: certificate.raw,
    authorized: socket.authorized,
    resumed: socket.isSessionReused(),
  };
}

/** The one CN of the subject; empty for none or several, so that no reader picks another one than we do. */
function commonNameOf(subject: string | undefined): string {
  const names = (subject ?? '').split('\n').filter((line) => line.startsWith('CN='));
  return names.length === 1 ? names[0]!.slice('CN='.length) : '';
}
