/** The cookies of the portal besides its session: the language, and an attempt to sign in that is at the city's provider. */
import type { IncomingHttpHeaders } from 'node:http';

export interface CookieRules {
  /** The pages come over TLS. */
  readonly secure: boolean;
}
const VALUE = /^[A-Za-z0-9_-]{1,200}$/;

/** Browsers let nobody but this very host set a name that begins so. */
const nameOf = (name: string, { secure }: CookieRules): string => `${secure ? '__Host-' : ''}cityward-${name}`;
export const SESSION = 'portal';
export const LANGUAGE = 'language';
export const ATTEMPT = 'attempt';
export const sessionCookie = (rules: CookieRules): string => nameOf(SESSION, rules);

export function readCookie(headers: IncomingHttpHeaders, name: string, rules: CookieRules): string | null {
  const wanted = nameOf(name, rules);
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key = '', value = ''] = pair.trim().split('=', 2);
    if (key === wanted) return VALUE.test(value) ? value : null;
  }
  return null;
}

interface Written {
  readonly value: string;
  readonly maxAgeSeconds: number;
  /** `Lax` comes back with whoever is sent here by another site. */
  readonly sameSite: 'Strict' | 'Lax';
}
export const writeCookie = (name: string, { value, maxAgeSeconds, sameSite }: Written, rules: CookieRules): string =>
  `${nameOf(name, rules)}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=${sameSite}${rules.secure ? '; Secure' : ''}`;
