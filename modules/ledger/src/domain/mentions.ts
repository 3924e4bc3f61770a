/** Which ids a fact speaks of besides its subject: how the entries of one incident are found. */
import { isId, type Json } from '@cityward/kernel';
import type { Body } from './body.ts';

export const MENTIONS_MAX = 64;
const DEPTH_MAX = 4;
/** Ids made here have a kind and a hyphen; bare words that happen to fit an id are not mentions. */
const looksLikeId = (text: string): boolean => text.includes('-') && isId(text);

/** Ids anywhere in the fact's data, each once, at most 64, without its subject. */
export function mentionsOf(body: Pick<Body, 'subject' | 'data'>): readonly string[] {
  const found = new Set<string>();
  const visit = (value: Json, depth: number): void => {
    if (found.size >= MENTIONS_MAX || depth > DEPTH_MAX) return;
    if (typeof value === 'string') {
      if (value !== body.subject && looksLikeId(value)) found.add(value);
    } else if (value !== null && typeof value === 'object') {
      for (const item of Object.values(value as { readonly [key: string]: Json })) visit(item, depth + 1);
    }
  };
  visit(body.data, 0);
  return [...found];
}
