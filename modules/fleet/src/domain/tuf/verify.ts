/** A device's own check of the repository: the officers it has pinned vouch for the root, and the root for everything else. */
import type { ArtifactRef, Officers } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { sha256 } from '../trust/bytes.ts';
import { keyObject, ed25519Key, verifyEd25519 } from '../trust/keys.ts';
import { fits } from '../trust/shape.ts';
import {
  ENVELOPES,
  keyIdOf,
  metadataBytes,
  tufKeyOf,
  type Envelope,
  type Metadata,
  type RoleName,
  type Root,
  type Target,
  type Targets,
} from './metadata.ts';
import { targetPath } from './make.ts';
import { mistrust, type RepositoryRefusal } from './refusals.ts';

/** Bytes of one document at most; targets of a full repository fit. */
export const METADATA_MAX_BYTES: Readonly<Record<RoleName, number>> = {
  root: 512_000,
  targets: 5_000_000,
  snapshot: 16_384,
  timestamp: 16_384,
};

/** The four documents as they were fetched. */
export type Fetched = Readonly<Record<RoleName, Uint8Array>>;
/** The versions seen so far; a device keeps them durably, and begins with zeroes. */
export type SeenVersions = Readonly<Record<RoleName, number>>;
export const NOTHING_SEEN: SeenVersions = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };

export interface Repository {
  readonly targets: Targets['targets'];
  /** To be kept for the next time. */
  readonly seen: SeenVersions;
}

/** Checks all four: signatures and thresholds of officers, expiry, no way back, and that they belong together. Never throws. */
export function verifyRepository(
  fetched: Fetched,
  against: { readonly officers: Officers; readonly seen: SeenVersions; readonly now: number },
): Result<Repository, RepositoryRefusal> {
  const { officers, seen, now } = against;
  const root = readEnvelope('root', fetched.root);
  if (!root.ok) return root;
  const vouched = checkRoot(root.value, officers);
  if (!vouched.ok) return vouched;
  const timestamp = readEnvelope('timestamp', fetched.timestamp);
  if (!timestamp.ok) return timestamp;
  const snapshot = readEnvelope('snapshot', fetched.snapshot);
  if (!snapshot.ok) return snapshot;
  const targets = readEnvelope('targets', fetched.targets);
  if (!targets.ok) return targets;
  const all = { root: root.value, targets: targets.value, snapshot: snapshot.value, timestamp: timestamp.value };
  for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
    const signed = checkRole(role, all[role], root.value.signed);
    if (!signed.ok) return signed;
  }
  for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
    const current = checkCurrent(role, all[role].signed, { seen, now });
    if (!current.ok) return current;
  }
  const { 'snapshot.json': ofSnapshot } = timestamp.value.signed.meta;
  const { 'targets.json': ofTargets } = snapshot.value.signed.meta;
  const belongs =
    isFile(ofSnapshot, fetched.snapshot, snapshot.value.signed.version) &&
    isFile(ofTargets, fetched.targets, targets.value.signed.version);
  if (!belongs) return mistrust('REPOSITORY_MIXED', 'check the repository: its documents do not belong together');
  return ok({
    targets: targets.value.signed.targets,
    seen: {
      root: root.value.signed.version,
      targets: targets.value.signed.version,
      snapshot: snapshot.value.signed.version,
      timestamp: timestamp.value.signed.version,
    },
  });
}

/** The target of a job's artifact: named, of that hash and size; refused when the repository has no such one. */
export function targetOf(repository: Repository, artifact: ArtifactRef): Result<Target, RepositoryRefusal> {
  const path = targetPath(artifact);
  const target = Object.hasOwn(repository.targets, path) ? repository.targets[path] : undefined;
  if (target?.hashes.sha256 === artifact.sha256 && target.length === artifact.size) return ok(target);
  return mistrust('TARGET_UNKNOWN', `find artifact "${path}": the signed repository has none of that hash and size`);
}

export function readEnvelope<R extends RoleName>(role: R, bytes: Uint8Array): Result<Envelope<R>, RepositoryRefusal> {
  if (bytes.length > METADATA_MAX_BYTES[role])
    return mistrust(
      'METADATA_SHAPE',
      `read ${role}.json: it has ${bytes.length} bytes, at most ${METADATA_MAX_BYTES[role]}`,
    );
  const value = parse(bytes);
  if (!fits(ENVELOPES[role], value))
    return mistrust('METADATA_SHAPE', `read ${role}.json: wanted signed TUF metadata of the kind "${role}"`);
  return ok(value as Envelope<R>);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/**
 * The root by the pinned officers: signed by enough of them, giving root and targets to nobody else, and asking for no fewer than
 * they do. So a device needs no other trust anchor than the officers it was commissioned with.
 */
export function checkRoot(root: Envelope<'root'>, officers: Officers): Result<Root, RepositoryRefusal> {
  const theirs = checkRootKeys(root.signed, officers);
  if (!theirs.ok) return theirs;
  const reached = checkRole('root', root, root.signed);
  return reached.ok ? ok(root.signed) : reached;
}

/** What an officer wants of a root before signing it: the keys are the officers', one each, and thresholds are theirs or higher. */
export function checkRootKeys({ roles, keys }: Root, officers: Officers): Result<void, RepositoryRefusal> {
  const officerOf = new Map<string, string>();
  for (const key of officers.keys) {
    const tuf = tufKeyOf(key);
    if (tuf && keyObject(key)) officerOf.set(keyIdOf(tuf), key.officer);
  }
  if (Object.entries(keys).some(([id, key]) => keyIdOf(key) !== id))
    return mistrust('ROOT_KEYS', 'check root.json: a key does not have its own id');
  const offline = [...roles.root.keyids, ...roles.targets.keyids];
  const foreign = offline.find((id) => !officerOf.has(id));
  if (foreign !== undefined)
    return mistrust('ROOT_KEYS', `check root.json: key "${foreign.slice(0, 12)}" is no officer's`);
  const oneEach = [roles.root.keyids, roles.targets.keyids].every(
    (ids) => new Set(ids.map((id) => officerOf.get(id))).size === ids.length,
  );
  if (!oneEach) return mistrust('ROOT_KEYS', 'check root.json: an officer has two keys in one role');
  const { officers: forRoot, install } = officers.thresholds;
  if (roles.root.threshold < forRoot || roles.targets.threshold < install)
    return mistrust('ROOT_THRESHOLD', 'check root.json: it asks for fewer officers than the officers do themselves');
  const online = [...roles.snapshot.keyids, ...roles.timestamp.keyids];
  if (online.some((id) => officerOf.has(id)))
    return mistrust('ROOT_KEYS', "check root.json: an officer's key would be used online");
  return ok(undefined);
}

/** Enough different keys of the role have signed exactly this. */
export function checkRole(
  role: RoleName,
  { signed, signatures }: Envelope<RoleName>,
  root: Root,
): Result<void, RepositoryRefusal> {
  const bytes = metadataBytes(signed);
  const { keyids, threshold } = root.roles[role];
  const signers = new Set<string>();
  for (const { keyid, sig } of signatures) {
    if (!keyids.includes(keyid) || !Object.hasOwn(root.keys, keyid)) continue;
    const key = ed25519Key(Buffer.from(root.keys[keyid]!.keyval.public, 'hex').toString('base64url'));
    if (key && verifyEd25519(bytes, key, Buffer.from(sig, 'hex').toString('base64url'))) signers.add(keyid);
  }
  if (signers.size >= threshold) return ok(undefined);
  return mistrust(
    'METADATA_NOT_SIGNED',
    `check ${role}.json: ${signers.size} of its keys signed it, wanted ${threshold}`,
  );
}

const TIME_MAX = 8_640_000_000_000_000;
const clockText = (now: number): string => (Math.abs(now) <= TIME_MAX ? new Date(now).toISOString() : String(now));

function checkCurrent(
  role: RoleName,
  signed: Metadata,
  { seen, now }: { readonly seen: SeenVersions; readonly now: number },
): Result<void, RepositoryRefusal> {
  if (!(signed.version >= seen[role]))
    return mistrust(
      'METADATA_ROLLED_BACK',
      `check ${role}.json: this is version ${signed.version}, ${seen[role]} was seen`,
    );
  if (!(now < Date.parse(signed.expires)))
    return mistrust(
      'METADATA_EXPIRED',
      `check ${role}.json: it expired at ${signed.expires}, by this clock it is ${clockText(now)}`,
    );
  return ok(undefined);
}

const isFile = (
  file: { version: number; length: number; hashes: { sha256: string } },
  bytes: Uint8Array,
  version: number,
) => file.version === version && file.length === bytes.length && file.hashes.sha256 === sha256(bytes).toString('hex');

/** Whether the bytes are the artifact: to be asked before anything is installed. */
export const isArtifact = (bytes: Uint8Array, { size, sha256: hash }: Pick<ArtifactRef, 'size' | 'sha256'>): boolean =>
  bytes.length === size && sha256(bytes).toString('hex') === hash;
