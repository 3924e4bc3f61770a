/** How a page asks the city: requests that its key signs, and what is answered. A part of the script that `client.ts` is. */

/** What carries requests; `fetch` brings the cookie of the session. */
export interface Carrier {
  readonly fetch: typeof fetch;
  /** Before every path; empty in a page. */
  readonly base: string;
}
/** Refused by the city: `code` says why, as far as it is told. */
export class ViewRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const HEADER = { typ: 'dpop+jwt', alg: 'ES256' };
function textOf(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
}
const encoded = (value: unknown): string => textOf(new TextEncoder().encode(JSON.stringify(value)));

/** The city's time by a clock that nobody sets. */
export interface CityTime {
  readonly now: number;
  readonly at: number;
}
const timeNow = ({ now, at }: CityTime): number => now + performance.now() - at;

interface Signed {
  readonly method: string;
  readonly path: string;
  readonly nonce: string;
  readonly time: CityTime;
}
export async function proofOf(key: CryptoKey, { method, path, nonce, time }: Signed): Promise<string> {
  const claims = { htm: method, htu: path, nonce, iat: timeNow(time) / 1_000 };
  const signed = `${encoded(HEADER)}.${encoded(claims)}`;
  const signature = await crypto.subtle.sign(SIGNATURE, key, new TextEncoder().encode(signed));
  return `${signed}.${textOf(new Uint8Array(signature))}`;
}

export async function answerOf<Answer>(response: Response): Promise<Answer> {
  const body: unknown = await response.json();
  if (response.ok) return body as Answer;
  const { code = 'REFUSED', message = 'refused' } = body as { code?: string; message?: string };
  throw new ViewRefused(code, message);
}

export async function timeIn(refusal: Response): Promise<number | null> {
  const { code, details } = (await refusal.json()) as { code?: string; details?: readonly string[] };
  const time = code === 'VIEW_PROOF_REFUSED' ? Date.parse(details?.[0] ?? '') : NaN;
  return Number.isNaN(time) ? null : time;
}

export const post = (
  ...[{ fetch: call, base }, path, body, signal]: readonly [Carrier, string, object, AbortSignal?]
): Promise<Response> =>
  call(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
