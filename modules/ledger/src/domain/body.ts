/** The two forms of a fact: the body, kept behind policy, and the public entry, which only commits to it. */
import type { Fact, NewFact } from '@cityward/contracts';
import { canonicalJson, HOUR_MS, type Json } from '@cityward/kernel';

const FORMAT = 1;
/** What a public entry says instead of the type of a personal fact. */
export const PERSONAL = 'personal';

/** A fact as the ledger takes it: with its id, and its place in the outbox if it came from there. */
export type LedgerFact = NewFact & Pick<Fact, 'id'> & Partial<Pick<Fact, 'position'>>;

/** What a body says once read back. */
export interface Body {
  readonly id: string;
  readonly module: string;
  readonly type: string;
  readonly actor: string;
  readonly subject: string;
  readonly at: number;
  readonly personal: boolean;
  readonly data: { readonly [key: string]: Json };
}

/** What anybody may read of an entry; `module` and `type` are withheld where the fact is personal. */
export interface PublicEntry {
  readonly at: number;
  readonly commitment: string;
  readonly module: string | null;
  readonly type: string;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/** JSON of a string; plain ASCII, which nearly all of it is, costs no call into the engine. */
function quoted(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < SPACE || unit === QUOTE || unit === BACKSLASH || unit >= DELETE) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** Canonical JSON of a fact's data; flat data of strings, which most facts have, goes the short way. */
function dataText(data: LedgerFact['data']): string {
  const keys = Object.keys(data);
  if (keys.length > 1) keys.sort();
  let text = '';
  for (const key of keys) {
    const value = data[key]!;
    text += `${text === '' ? '' : ','}${quoted(key)}:${typeof value === 'string' ? quoted(value) : canonicalJson(value)}`;
  }
  return `{${text}}`;
}

/** The body that is committed to, as canonical JSON (keys in order). `at` is a whole number; throws where another is not finite. */
export function bodyText(fact: LedgerFact): string {
  const { id, module, type, actor, subject, at, personal = false, data } = fact;
  return `{"actor":${quoted(actor)},"at":${at},"data":${dataText(data)},"id":${quoted(id)},"module":${quoted(module)},"personal":${personal},"subject":${quoted(subject)},"type":${quoted(type)},"v":${FORMAT}}`;
}

/**
 * The public entry. Of a personal fact it keeps neither module nor type, and the time only to the hour: who watches the log must
 * not learn when somebody signed in.
 */
export function entryText(fact: Pick<Body, 'at' | 'module' | 'type' | 'personal'>, commitment: string): string {
  if (fact.personal)
    return `{"at":${fact.at - (fact.at % HOUR_MS)},"commitment":"${commitment}","type":"${PERSONAL}","v":${FORMAT}}`;
  return `{"at":${fact.at},"commitment":"${commitment}","module":${quoted(fact.module)},"type":${quoted(fact.type)},"v":${FORMAT}}`;
}

const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Canonical JSON of an object, or `null` for anything else: another spelling would be another entry. */
function parseCanonical(text: string): { readonly [key: string]: Json } | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

const isTime = (value: Json | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: Json | undefined): value is string => typeof value === 'string';

/** Reads a body back; `null` when it is not one, or not spelt as `bodyText` spells it. */
export function parseBody(text: string): Body | null {
  const value = parseCanonical(text);
  if (!value || value['v'] !== FORMAT || Object.keys(value).length !== 9) return null;
  const { id, module, type, actor, subject, at, personal, data } = value;
  if (!isText(id) || !isText(module) || !isText(type) || !isText(actor) || !isText(subject)) return null;
  if (!isTime(at) || typeof personal !== 'boolean' || !isObject(data)) return null;
  return { id, module, type, actor, subject, at, personal, data };
}

const COMMITMENT = /^[A-Za-z0-9+/]{43}=$/;

/** Reads a public entry; `null` when it is not one, or not spelt as `entryText` spells it. */
export function parseEntry(text: string): PublicEntry | null {
  const value = parseCanonical(text);
  if (!value || value['v'] !== FORMAT) return null;
  const { at, commitment, module, type } = value;
  if (!isTime(at) || !isText(commitment) || !COMMITMENT.test(commitment) || !isText(type)) return null;
  if (type === PERSONAL)
    return Object.keys(value).length === 4 && at % HOUR_MS === 0 ? { at, commitment, module: null, type } : null;
  return isText(module) && Object.keys(value).length === 5 ? { at, commitment, module, type } : null;
}
