/** What blind ciphertext is bound to: moved to another record, version, person or purpose, it does not open. Pages run this file as it is. */
import type { Bytes } from './shamir.ts';

/** What a sealed key is for. */
export type SealUse = 'own' | 'share' | 'consent' | 'release' | 'key-share' | 'key-release';
/** Where a sealed key or a share of one belongs; `record` is empty for shares of a person's own key. */
export interface SealPlace {
  readonly use: SealUse;
  readonly subject: string;
  readonly record: string;
  readonly version: number;
  /** Whose public key it is sealed to. */
  readonly to: string;
  /** The consent, the emergency or the recovery that it is for; empty where it is for none. */
  readonly under: string;
  /** The holder whose share it is; empty where it is none. */
  readonly from: string;
}
export interface BlindBinding {
  readonly record: string;
  readonly version: number;
  readonly subject: string;
  readonly category: string;
  readonly media: string;
}

const SEAL = 'cityward-blind-seal-1';
const CONTENT = 'cityward-blind-content-1';
const WRAP = 'cityward-blind-wrap-1';
const LENGTH_BYTES = 4;

/** Each part with its length before it, so that no two lists make the same bytes. */
function joined(parts: readonly string[]): Bytes {
  const all = parts.map((part) => new TextEncoder().encode(part));
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const part of all) {
    new DataView(bytes.buffer).setUint32(at, part.length);
    bytes.set(part, at + LENGTH_BYTES);
    at += LENGTH_BYTES + part.length;
  }
  return bytes;
}

/** `info` of HPKE for a sealed key. */
export const sealInfo = ({ use, subject, record, version, to, under, from }: SealPlace): Bytes =>
  joined([SEAL, use, subject, record, String(version), to, under, from]);
/** Additional data of a record's blind content. */
export const contentInfo = ({ record, version, subject, category, media }: BlindBinding): Bytes =>
  joined([CONTENT, record, String(version), subject, category, media]);
/** `info` of HKDF for the key that wraps a person's own key, of one passkey of theirs; and additional data of what is wrapped. */
export const wrapInfo = (person: string, credential: string): Bytes => joined([WRAP, person, credential]);
