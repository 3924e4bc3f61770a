/** What a page does with keys that only its person has: it opens, seals again to others, splits and joins. Nothing here asks the city, and no key leaves it unsealed. */
import { contentInfo, sealInfo, type BlindBinding, type SealPlace, type SealUse } from '../../domain/blind/contexts.ts';
import { combine, split, type Bytes } from '../../domain/blind/shamir.ts';
import { fromText, keyPairFrom, open, seal, toText, type KeyPair } from './hpke.ts';

const NONCE_BYTES = 12;
const GROUP = 4;

export interface Me extends KeyPair {
  readonly person: string;
}
interface Version {
  readonly record: string;
  readonly version: number;
}
interface Sealed extends Version {
  readonly sealed: string;
}
export interface GivenRecord extends BlindBinding {
  /** Base64. */
  readonly content: string;
  readonly needed: number;
  readonly seals: readonly {
    readonly use: SealUse;
    readonly under: string;
    readonly from: string;
    readonly sealed: string;
  }[];
}

const openAt = (me: Me, place: SealPlace, sealed: string): Promise<Bytes | null> =>
  open(me, fromText(sealed), { info: sealInfo(place) });
const sealAt = async (publicKey: string, place: SealPlace, plain: Uint8Array): Promise<string> =>
  toText(await seal(fromText(publicKey), sealInfo(place), plain));

/** A record's content; `null` where its key is not for this person, or it was changed. */
export async function readRecord(me: Me, given: GivenRecord): Promise<Bytes | null> {
  const key = await keyOf(me, given);
  if (key === null) return null;
  const bytes = Uint8Array.from(atob(given.content), (one) => one.charCodeAt(0));
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
    const how = { name: 'AES-GCM', iv: bytes.slice(0, NONCE_BYTES), additionalData: contentInfo(given) };
    return new Uint8Array(await crypto.subtle.decrypt(how, imported, bytes.slice(NONCE_BYTES)));
  } catch {
    return null;
  } finally {
    key.fill(0);
  }
}
async function keyOf(me: Me, { seals, subject, record, version, needed }: GivenRecord): Promise<Bytes | null> {
  const opened: Bytes[] = [];
  for (const { sealed, ...one } of seals) {
    const part = await openAt(me, { subject, record, version, to: me.person, ...one }, sealed);
    if (part === null) return null;
    if (one.use !== 'release') return part;
    opened.push(part);
  }
  return opened.length >= needed ? combine(opened) : null;
}

/** Keys of one's own records in the clear: to hand back, and for nothing else. */
export async function ownKeys(me: Me, seals: readonly Sealed[]): Promise<(Version & { key: string })[]> {
  const keys: (Version & { key: string })[] = [];
  for (const { record, version, sealed } of seals) {
    const key = await ownKey(me, { record, version, sealed });
    if (key !== null) keys.push({ record, version, key: toText(key) });
  }
  return keys;
}
const ownKey = (me: Me, { record, version, sealed }: Sealed): Promise<Bytes | null> => {
  const place: SealPlace = { use: 'own', subject: me.person, record, version, to: me.person, under: '', from: '' };
  return openAt(me, place, sealed);
};

/** One's own keys, sealed again to the person that a consent is for. */
export async function sealForConsent(
  me: Me,
  { consent, person, publicKey }: { readonly consent: string; readonly person: string; readonly publicKey: string },
  seals: readonly Sealed[],
): Promise<Sealed[]> {
  const again: Sealed[] = [];
  for (const { record, version, sealed } of seals) {
    const key = await ownKey(me, { record, version, sealed });
    if (key === null) continue;
    const at = { subject: me.person, record, version, to: person, under: consent, from: '' };
    again.push({ record, version, sealed: await sealAt(publicKey, { ...at, use: 'consent' }, key) });
    key.fill(0);
  }
  return again;
}

interface Holder {
  readonly person: string;
  readonly publicKey: string;
}
/** Shares of one's own key, each sealed to its holder. */
export async function shareKey(me: Me, { holders, needed }: Among): Promise<{ to: string; sealed: string }[]> {
  return splitTo(me.secret, { holders, needed }, { ...NO_RECORD, use: 'key-share', subject: me.person });
}
const NO_RECORD = { record: '', version: 0 };

interface Among {
  readonly holders: readonly Holder[];
  readonly needed: number;
}
async function splitTo(
  secret: Uint8Array,
  { holders, needed }: Among,
  at: Pick<SealPlace, 'use' | 'subject' | 'record' | 'version'>,
): Promise<{ to: string; sealed: string }[]> {
  if (holders.length === 0) return [];
  const random = crypto.getRandomValues(new Uint8Array((needed - 1) * secret.length));
  const shares = split(secret, { shares: holders.length, needed, random });
  const sealed: { to: string; sealed: string }[] = [];
  for (const [i, { person, publicKey }] of holders.entries()) {
    const place: SealPlace = { ...at, to: person, under: '', from: '' };
    sealed.push({ to: person, sealed: await sealAt(publicKey, place, shares[i]!) });
    shares[i]!.fill(0);
  }
  return sealed;
}
/** Keys of one's records, split anew: shares of two splits do not go together, so each holder gets another. */
export async function splitAgain(
  me: Me,
  among: Among,
  seals: readonly Sealed[],
): Promise<(Version & { shares: { to: string; sealed: string }[] })[]> {
  const again: (Version & { shares: { to: string; sealed: string }[] })[] = [];
  for (const { record, version, sealed } of seals) {
    const key = await ownKey(me, { record, version, sealed });
    if (key === null) continue;
    const at = { use: 'share', subject: me.person, record, version } as const;
    again.push({ record, version, shares: await splitTo(key, among, at) });
    key.fill(0);
  }
  return again;
}

export interface Ask {
  readonly id: string;
  readonly is: 'emergency' | 'recovery';
  readonly subject: string;
  readonly to: string;
  readonly publicKey: string;
  readonly glass: string;
  readonly shares: readonly Sealed[];
}
/** One's own shares, sealed again to whoever asked. */
export async function releaseShares(me: Me, { is, subject, to, publicKey, glass, id, shares }: Ask): Promise<Sealed[]> {
  const released: Sealed[] = [];
  for (const { record, version, sealed } of shares) {
    const at = { subject, record, version };
    const mine = { ...at, to: me.person, under: '', from: '' };
    const share = await openAt(me, { ...mine, use: is === 'recovery' ? 'key-share' : 'share' }, sealed);
    if (share === null) continue;
    const theirs =
      is === 'recovery' ? ({ use: 'key-release', under: id } as const) : ({ use: 'release', under: glass } as const);
    released.push({
      record,
      version,
      sealed: await sealAt(publicKey, { ...at, to, from: me.person, ...theirs }, share),
    });
    share.fill(0);
  }
  return released;
}

/** One's own key from what was released; `null` until there is enough, or where it is not the key that was lost. */
export async function joinKey(
  temporary: Me,
  {
    id,
    released,
  }: { readonly id: string; readonly released: readonly { readonly from: string; readonly sealed: string }[] },
  publicKey: string,
): Promise<Me | null> {
  const shares: Bytes[] = [];
  for (const { from, sealed } of released) {
    const place: SealPlace = {
      ...{ ...NO_RECORD, use: 'key-release', subject: temporary.person, to: temporary.person, under: id, from },
    };
    const share = await openAt(temporary, place, sealed);
    if (share !== null) shares.push(share);
  }
  const secret = combine(shares);
  return secret && keyFromSecret(temporary.person, secret, publicKey);
}

/** `null` where it is not the secret half of that key. */
export async function keyFromSecret(person: string, secret: Uint8Array, publicKey: string): Promise<Me | null> {
  const pair = await keyPairFrom(secret).catch(() => null);
  return pair !== null && toText(pair.publicKey) === publicKey ? { person, ...pair } : null;
}

/** A key as people compare it, over the telephone: eight groups of four. */
export async function fingerprint(publicKey: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', fromText(publicKey)));
  const hex = [...hash.slice(0, 2 * 2 * GROUP)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.match(/.{4}/g)!.join(' ');
}
