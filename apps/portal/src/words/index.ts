/** The languages of the pages, and which one a visitor reads. */
import type { IncomingHttpHeaders } from 'node:http';
import { en, type Words } from './en.ts';
import { mi } from './mi.ts';

export type { Said, Sentence, Who, Words } from './en.ts';
export const LANGUAGES = ['en', 'mi'] as const;
export type Language = (typeof LANGUAGES)[number];

export const WORDS: Readonly<Record<Language, Words>> = { en, mi };
/** As `lang` says it to a screen reader. */
export const TAGS: Readonly<Record<Language, string>> = { en: 'en-NZ', mi: 'mi' };

export const languageNamed = (name: string | null | undefined): Language | null =>
  LANGUAGES.find((one) => one === name) ?? null;

/** As chosen here before; else the first that the browser names and the pages have. */
export function languageOf(chosen: string | null, { 'accept-language': named = '' }: IncomingHttpHeaders): Language {
  const asked = named.split(',').map((one) => one.trim().slice(0, 2).toLowerCase());
  return languageNamed(chosen) ?? asked.map(languageNamed).find((one) => one !== null) ?? 'en';
}
