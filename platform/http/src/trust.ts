/** Which requests come from a page or program of this city: pure checks of Host, Origin and Fetch Metadata. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Refusal, Result } from '@cityward/kernel';
import { ok, refuse } from '@cityward/kernel';

export interface TrustRules {
  readonly scheme: 'http' | 'https';
  readonly allowedHosts: ReadonlySet<string>;
  readonly allowedOrigins: ReadonlySet<string>;
}

export interface Claim {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The request carries the session cookie, so a browser sent it. */
  readonly hasSession: boolean;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `name`, `name:port` or `[v6]:port`; no user info, no path. */
const HOST_SHAPE = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/;

export const trustRules = (
  scheme: 'http' | 'https',
  hosts: readonly string[],
  origins: readonly string[],
): TrustRules => ({
  scheme,
  allowedHosts: new Set(hosts.map((host) => host.toLowerCase())),
  allowedOrigins: new Set(origins.map((origin) => origin.toLowerCase())),
});

/**
 * Checks Host (DNS rebinding), and for what a browser sends also Origin and Sec-Fetch-Site (cross-site requests).
 * @returns the origin that the request belongs to
 */
export function checkOrigin(claim: Claim, rules: TrustRules): Result<string, Refusal> {
  const host = (claim.headers.host ?? '').toLowerCase();
  if (!hostAllowed(host, rules.allowedHosts))
    return refuse('forbidden', 'HOST_NOT_ALLOWED', `answer for host "${clip(host)}": use a name this city answers to`);
  const named = claim.headers.origin?.toLowerCase();
  if (named !== undefined) {
    if (rules.allowedOrigins.has(named)) return ok(named);
    return refuse(
      'forbidden',
      'ORIGIN_NOT_ALLOWED',
      `accept a request from "${clip(named)}": only the city's own pages may send one`,
    );
  }
  const site = claim.headers['sec-fetch-site'];
  const safe = SAFE_METHODS.has(claim.method);
  const page = safe && claim.headers['sec-fetch-mode'] === 'navigate' && !claim.path.startsWith('/api/');
  const foreign = site !== undefined && site !== 'same-origin' && !(safe && site === 'none') && !page;
  if (foreign)
    return refuse(
      'forbidden',
      'ORIGIN_NOT_ALLOWED',
      `accept a ${site} request to "${clip(claim.path)}": only the city's own pages may send one`,
    );
  // A browser names its origin on every unsafe method; a cookie without one is a forged form or an unknown client.
  if (!safe && site === undefined && claim.hasSession)
    return refuse('forbidden', 'ORIGIN_MISSING', `change something with a session cookie: send an Origin header`);
  return ok(`${rules.scheme}://${host}`);
}

function hostAllowed(host: string, allowed: ReadonlySet<string>): boolean {
  const match = HOST_SHAPE.exec(host);
  if (!match) return false;
  return allowed.has(host) || allowed.has(match[1]!);
}

const QUOTED_MAX_CHARS = 80;
const clip = (text: string): string => text.slice(0, QUOTED_MAX_CHARS);
