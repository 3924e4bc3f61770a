/** How the text of a setting is read: the value, or null for one that is none. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';

export const whole = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= low && value <= high ? value : null;
};
export const yesNo = (text: string) => (text === 'true' ? true : text === 'false' ? false : null);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const ISSUER_MAX_CHARS = 500;
export const isIssuer = (text: string): boolean => {
  const url = URL.canParse(text) && text.length <= ISSUER_MAX_CHARS ? new URL(text) : null;
  if (!url || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
};
export const port = { read: whole(1, 65_535), wanted: 'a port from 1 to 65535' } as const;
/** `gateway=192.0.2.5,other.example=192.0.2.6`. */
export function hostsIn(text: string): ReadonlyMap<string, string> | null {
  const pairs = text === '' ? [] : text.split(',').map((one) => one.split('='));
  const good = pairs.every(([name, address, ...more]) => {
    return /^[a-z0-9.-]{1,253}$/.test(name ?? '') && isIP(address ?? '') !== 0 && more.length === 0;
  });
  return good ? new Map(pairs as [string, string][]) : null;
}

export interface KeyService {
  readonly url: string;
  readonly mount: string;
  readonly key: string;
  readonly namespace: string | null;
  readonly tokenFile: string;
}
const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}';
const TRANSIT_PATH = new RegExp(`^/v1/(${NAME}(?:/${NAME}){0,4})/keys/(${NAME})$`);
const NAMESPACE = new RegExp(`^${NAME}(?:/${NAME}){0,9}/?$`);

/** `https://bao.example:8200/v1/transit/keys/cityward?token-file=FILE&namespace=NAME`; empty for none. */
export function keyServiceIn(text: string): KeyService | '' | null {
  if (text === '') return '';
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  const [, mount, key] = TRANSIT_PATH.exec(url?.pathname ?? '') ?? [];
  if (!url || !isSafe || mount === undefined || key === undefined || url.hash !== '' || url.username !== '')
    return null;
  const asked = new Map(url.searchParams);
  const [tokenFile, namespace = null] = [asked.get('token-file'), asked.get('namespace')];
  const isKnown = [...asked.keys()].every((name) => name === 'token-file' || name === 'namespace');
  if (!isKnown || !tokenFile || (namespace !== null && !NAMESPACE.test(namespace))) return null;
  return { url: url.origin, mount, key, namespace, tokenFile: resolve(tokenFile) };
}
