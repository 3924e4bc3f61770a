/** Makes the metadata of the repository: what officers are to sign, and what the server signs about it. */
import type { Officers } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { sha256 } from '../trust/bytes.ts';
import { distrust, type TrustRefusal } from '../trust/refusals.ts';
import {
  expiresText,
  keyIdOf,
  officerKeys,
  SPEC_VERSION,
  tufKey,
  type About,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from './metadata.ts';

export interface Edition {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
}
const headOf = ({ version, expires }: Edition) =>
  ({ spec_version: SPEC_VERSION, version, expires: expiresText(expires) }) as const;

/** Root and targets belong to the officers, offline; snapshot and timestamp to the two online keys. */
export function makeRoot(
  officers: Officers,
  online: { readonly snapshot: Uint8Array; readonly timestamp: Uint8Array },
  edition: Edition,
): Result<Root, TrustRefusal> {
  const theirs = officerKeys(officers);
  const { officers: forRoot, install: forTargets } = officers.thresholds;
  if (theirs.length < Math.max(forRoot, forTargets))
    return distrust(
      'OFFICERS_UNREACHABLE',
      `make the root of the repository: ${theirs.length} officers have a key for "cityward sign", wanted ${Math.max(forRoot, forTargets)}`,
    );
  const keyids = theirs.map(({ id }) => id);
  const [snapshot, timestamp] = [tufKey(online.snapshot), tufKey(online.timestamp)];
  const keys = [...theirs.map(({ key }) => key), snapshot, timestamp];
  return ok({
    _type: 'root',
    ...headOf(edition),
    consistent_snapshot: true,
    keys: Object.fromEntries(keys.map((key) => [keyIdOf(key), key])),
    roles: {
      root: { keyids, threshold: forRoot },
      targets: { keyids: [...keyids], threshold: forTargets },
      snapshot: { keyids: [keyIdOf(snapshot)], threshold: 1 },
      timestamp: { keyids: [keyIdOf(timestamp)], threshold: 1 },
    },
  });
}

export type Listed = About & { readonly sha256: string; readonly size: number };

/** Name and version are a path of two parts, so that no two artifacts share one. */
export const targetPath = ({ name, version }: Pick<About, 'name' | 'version'>): string => `${name}/${version}`;

export const makeTargets = (artifacts: readonly Listed[], edition: Edition): Targets => ({
  _type: 'targets',
  ...headOf(edition),
  targets: Object.fromEntries(
    artifacts.map(({ sha256: hash, size, kind, name, version, classes, models, hardware }) => [
      targetPath({ name, version }),
      { length: size, hashes: { sha256: hash }, custom: { kind, name, version, classes, models, hardware } },
    ]),
  ),
});

const fileOf = (version: number, bytes: Uint8Array) => ({
  version,
  length: bytes.length,
  hashes: { sha256: sha256(bytes).toString('hex') },
});

/** @param targets the bytes as published */
export const makeSnapshot = (targets: { version: number; bytes: Uint8Array }, edition: Edition): Snapshot => ({
  _type: 'snapshot',
  ...headOf(edition),
  meta: { 'targets.json': fileOf(targets.version, targets.bytes) },
});

export const makeTimestamp = (snapshot: { version: number; bytes: Uint8Array }, edition: Edition): Timestamp => ({
  _type: 'timestamp',
  ...headOf(edition),
  meta: { 'snapshot.json': fileOf(snapshot.version, snapshot.bytes) },
});
