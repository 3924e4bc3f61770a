/** What a page's form sends, and the mark by which a page knows that the form was its own. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawRequest } from '@cityward/http';

export const FORM_MAX_BYTES = 32_768;
const FIELDS_MAX = 400;
const FORM_TYPE = 'application/x-www-form-urlencoded';
export const MARK_FIELD = 'mark';
const NOBODYS = 'nobody';

/** `null` where it is no form, or has more fields than any of ours. */
export function readForm({ headers, body }: Pick<RawRequest, 'headers' | 'body'>): URLSearchParams | null {
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (body.length === 0) return new URLSearchParams();
  if (type !== FORM_TYPE || body.length > FORM_MAX_BYTES) return null;
  const form = new URLSearchParams(body.toString('utf8'));
  return form.size > FIELDS_MAX ? null : form;
}

/**
 * Grown from the session token, which no other page can read: it tells nothing of the token, needs no memory here and holds over
 * a restart.
 */
export const markOf = (sessionToken: string | null): string =>
  createHmac('sha256', sessionToken ?? NOBODYS)
    .update('form of the portal')
    .digest('base64url');

export function isMarked(form: URLSearchParams, sessionToken: string | null): boolean {
  const [given, wanted] = [form.get(MARK_FIELD) ?? '', markOf(sessionToken)].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
  ];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

export const field = (form: URLSearchParams, name: string): string => (form.get(name) ?? '').trim();
