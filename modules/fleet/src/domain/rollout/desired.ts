/** Desired state: documents of class, site and device become one, the most special wins, and each value says where it comes from. */
import { createHash } from 'node:crypto';
import { DESIRED_SCOPES } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';

export type Scope = (typeof DESIRED_SCOPES)[number];
type Members = { readonly [name: string]: Json };
export interface ScopedDocument {
  readonly scope: Scope;
  readonly key: string;
  readonly document: Members;
}
export interface Origin {
  /** Members joined by `.`; a list is one value. */
  readonly path: string;
  readonly scope: Scope;
  readonly key: string;
}
export interface Merged {
  readonly document: Members;
  /** SHA-256 of the canonical JSON. */
  readonly hash: string;
  readonly text: string;
  readonly origins: readonly Origin[];
}
export const DEPTH_MAX = 8;

const isObject = (value: Json | undefined): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const own = (object: Members, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** Null when nothing is wanted. `null` as a value takes a member away that a wider scope wants. */
export function merge(parts: readonly ScopedDocument[]): Merged | null {
  const ordered = DESIRED_SCOPES.flatMap((scope) => parts.filter((part) => part.scope === scope));
  if (ordered.length === 0) return null;
  const origins = new Map<string, Origin>();
  const document = ordered.reduce<Members>((below, part) => {
    return over(below, part.document, { path: '', part, origins });
  }, {});
  const text = canonicalJson(document);
  const sorted = [...origins.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { document, text, hash: hashOf(text), origins: sorted };
}
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Layer {
  readonly path: string;
  readonly part: ScopedDocument;
  readonly origins: Map<string, Origin>;
}

function over(below: Members, above: Members, { path, part, origins }: Layer): Members {
  const members = new Map<string, Json>(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const at = path === '' ? name : `${path}.${name}`;
    const was = members.get(name);
    if (isObject(value)) {
      if (!isObject(was)) forget(origins, at);
      members.set(name, over(isObject(was) ? was : {}, value, { path: at, part, origins }));
      continue;
    }
    forget(origins, at);
    if (value === null) members.delete(name);
    else {
      members.set(name, value);
      origins.set(at, { path: at, scope: part.scope, key: part.key });
    }
  }
  // fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(members);
}
function forget(origins: Map<string, Origin>, path: string): void {
  for (const key of [...origins.keys()]) if (key === path || key.startsWith(`${path}.`)) origins.delete(key);
}

export interface Differs {
  readonly path: string;
  /** Undefined where there is none. */
  readonly is: Json | undefined;
  readonly wanted: Json | undefined;
}

/** Every value that differs, by path. */
export function difference(is: Members, wanted: Members, path = ''): Differs[] {
  const names = [...new Set([...Object.keys(is), ...Object.keys(wanted)])].sort();
  return names.flatMap((name) => {
    const [left, right] = [own(is, name), own(wanted, name)];
    const at = path === '' ? name : `${path}.${name}`;
    if (isObject(left) && isObject(right)) return difference(left, right, at);
    const same = left !== undefined && right !== undefined && canonicalJson(left) === canonicalJson(right);
    return same ? [] : [{ path: at, is: left, wanted: right }];
  });
}

/** How deep objects and lists are nested. */
export function depthOf(value: Json): number {
  if (value === null || typeof value !== 'object') return 0;
  const inner = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value);
  return 1 + inner.reduce<number>((most, one) => Math.max(most, depthOf(one)), 0);
}
