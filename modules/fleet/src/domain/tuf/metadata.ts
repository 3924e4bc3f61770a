/** The four kinds of TUF metadata (specification 1.0) as this city writes them, and the bytes that are signed. */
import { Type, type Static, type TSchema } from 'typebox';
import { Closed, type Officers, type OfficerKey } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { fromBase64Url, sha256 } from '../trust/bytes.ts';

export const SPEC_VERSION = '1.0.31';
/** Targets in one repository. */
export const TARGETS_MAX = 2_000;
const KEYS_MAX = 64;
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Signature = Closed({ keyid: Hash, sig: Type.String({ pattern: '^[0-9a-f]{128}$' }) });
const Positive = Type.Integer({ minimum: 1 });
/** To the second, as the specification has it. */
const Expires = Type.String({ pattern: '^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$' });
const common = { spec_version: Type.Literal(SPEC_VERSION), version: Positive, expires: Expires };
const Key = Closed({
  keytype: Type.Literal('ed25519'),
  scheme: Type.Literal('ed25519'),
  keyval: Closed({ public: Hash }),
});
export type TufKey = Static<typeof Key>;
const Role = Closed({ keyids: Type.Array(Hash, { minItems: 1, maxItems: KEYS_MAX }), threshold: Positive });
const File = Closed({ version: Positive, length: Positive, hashes: Closed({ sha256: Hash }) });

export const Root = Closed({
  _type: Type.Literal('root'),
  ...common,
  consistent_snapshot: Type.Literal(true),
  keys: Type.Record(Hash, Key, { maxProperties: KEYS_MAX }),
  roles: Closed({ root: Role, targets: Role, snapshot: Role, timestamp: Role }),
});
export type Root = Static<typeof Root>;

const Words = Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$' }), { maxItems: 100 });
/** What a target is, beyond its bytes: part of what officers sign. */
export const About = Closed({
  kind: Type.Union([Type.Literal('firmware'), Type.Literal('configuration')]),
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' }),
  version: Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$' }),
  classes: Words,
  models: Words,
  hardware: Words,
});
export type About = Static<typeof About>;
const Target = Closed({ length: Positive, hashes: Closed({ sha256: Hash }), custom: About });
export type Target = Static<typeof Target>;
export const Targets = Closed({
  _type: Type.Literal('targets'),
  ...common,
  targets: Type.Record(Type.String({ maxLength: 200 }), Target, { maxProperties: TARGETS_MAX }),
});
export type Targets = Static<typeof Targets>;
export const Snapshot = Closed({ _type: Type.Literal('snapshot'), ...common, meta: Closed({ 'targets.json': File }) });
export type Snapshot = Static<typeof Snapshot>;
export const Timestamp = Closed({
  _type: Type.Literal('timestamp'),
  ...common,
  meta: Closed({ 'snapshot.json': File }),
});
export type Timestamp = Static<typeof Timestamp>;

const enveloped = <S extends TSchema>(signed: S) =>
  Closed({ signed, signatures: Type.Array(Signature, { minItems: 0, maxItems: KEYS_MAX }) });
export const ENVELOPES = {
  root: enveloped(Root),
  targets: enveloped(Targets),
  snapshot: enveloped(Snapshot),
  timestamp: enveloped(Timestamp),
} as const;
export type RoleName = keyof typeof ENVELOPES;
export type Envelope<R extends RoleName> = Static<(typeof ENVELOPES)[R]>;
export type Metadata = Root | Targets | Snapshot | Timestamp;

/** The bytes that are signed: canonical JSON, the same as OLPC's for the characters that the shapes above allow. */
export const metadataBytes = (signed: Metadata): Buffer => Buffer.from(canonicalJson(signed as unknown as Json));

const ISO_SECONDS = 19;
export const expiresText = (at: number): string => `${new Date(at).toISOString().slice(0, ISO_SECONDS)}Z`;

export const tufKey = (publicKey: Uint8Array): TufKey => ({
  keytype: 'ed25519',
  scheme: 'ed25519',
  keyval: { public: Buffer.from(publicKey).toString('hex') },
});
export const keyIdOf = (key: TufKey): string => sha256(Buffer.from(canonicalJson(key))).toString('hex');

/** The TUF key of an officer's key; null for a passkey. */
export function tufKeyOf(key: OfficerKey): TufKey | null {
  const raw = key.alg === 'ed25519' ? fromBase64Url(key.publicKey) : null;
  return raw && tufKey(raw);
}

/** One key of each officer who has one for `cityward sign`: TUF counts keys, and must come to the same as counting officers. */
export function officerKeys({
  keys,
}: Officers): { readonly officer: string; readonly key: TufKey; readonly id: string }[] {
  const taken = new Map<string, { officer: string; key: TufKey; id: string }>();
  for (const one of keys) {
    const key = tufKeyOf(one);
    if (key && !taken.has(one.officer)) taken.set(one.officer, { officer: one.officer, key, id: keyIdOf(key) });
  }
  return [...taken.values()];
}
