/** The certificate of destruction: its exact bytes, the tree of what was destroyed, and what it says in words. Pure. */
import { createHash } from 'node:crypto';
import { DESTRUCTION_DOMAIN, type DestructionRecord, type DestructionSigned } from '@cityward/contracts';
import { canonicalJson } from '@cityward/kernel';
import { HASH_BYTES, leafHash, writeLeafHash, writeNodeHash } from '@cityward/tlog-tiles';
import { dayOf } from './life.ts';

/** What the officer who verified signs. */
export const destructionBytes = (record: DestructionRecord): Buffer =>
  Buffer.from(DESTRUCTION_DOMAIN + canonicalJson(record));
/** What the city signs. */
export const signedBytes = (signed: DestructionSigned): Buffer => Buffer.from(canonicalJson(signed));
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface DestroyedVersion {
  readonly record: string;
  readonly version: number;
  readonly key: string;
}
/** Canonical JSON; ids are plain letters, so that nothing in it is escaped. */
const leafText = ({ record, version, key }: DestroyedVersion): string =>
  `{"key":"${key}","record":"${record}","version":${version}}`;
export const versionLeaf = (version: DestroyedVersion): Uint8Array => leafHash(Buffer.from(leafText(version)));

export interface VersionTree {
  /** Hexadecimal. */
  readonly root: string;
  readonly size: number;
  /** From the leaf's sibling up. */
  proofOf(index: number): Uint8Array[];
}
/** In the order given: by record and version. */
export function versionTree(versions: readonly DestroyedVersion[]): VersionTree {
  const bottom = Buffer.allocUnsafe(versions.length * HASH_BYTES);
  versions.forEach((version, i) => {
    writeLeafHash(Buffer.from(`\u0000${leafText(version)}`), bottom, i * HASH_BYTES);
  });
  const levels: Buffer[] = [bottom];
  for (let below: Buffer = bottom; below.length > HASH_BYTES; levels.push(below)) below = levelAbove(below);
  return {
    root: versions.length === 0 ? sha256(new Uint8Array()) : levels.at(-1)!.toString('hex'),
    size: versions.length,
    proofOf: (index) =>
      levels.slice(0, -1).flatMap((level, height) => {
        const sibling = (Math.floor(index / 2 ** height) ^ 1) * HASH_BYTES;
        return sibling < level.length ? [level.subarray(sibling, sibling + HASH_BYTES)] : [];
      }),
  };
}
/** What has no neighbour goes up as it is: RFC 6962 splits a tree at the largest power of two, which comes to the same. */
function levelAbove(below: Uint8Array): Buffer {
  const pairs = Math.floor(below.length / (2 * HASH_BYTES));
  const above = Buffer.allocUnsafe(Math.ceil(below.length / (2 * HASH_BYTES)) * HASH_BYTES);
  for (let i = 0; i < pairs; i++) {
    const left = below.subarray(2 * i * HASH_BYTES, (2 * i + 1) * HASH_BYTES);
    const right = below.subarray((2 * i + 1) * HASH_BYTES, (2 * i + 2) * HASH_BYTES);
    writeNodeHash(left, right, { target: above, at: i * HASH_BYTES });
  }
  above.set(below.subarray(2 * pairs * HASH_BYTES), pairs * HASH_BYTES);
  return above;
}

/** Over the ids alone: the keys are nowhere. */
export const keyCommitment = (versions: readonly DestroyedVersion[]): string =>
  sha256(
    Buffer.from(
      `${versions
        .map(({ key }) => key)
        .sort()
        .join('\n')}\n`,
    ),
  );

export const METHOD =
  'Cryptographic erase: every version was encrypted from its first moment under a key of its own (AES-256-GCM, keys of 256 bits from the system generator, wrapped by keys above it); the slots that held these keys were overwritten with random bytes, then zeros, each synced to the medium.';

const OUTCOMES = {
  purged: 'deleted',
  unreadable: 'stays for a while, unreadable',
  asked: 'asked, not answered',
  pending: 'not reached',
  beyond: "outside the city's control",
} as const;

/** What a person reads before signing; made from the document that is signed and nothing else. */
export function destructionInWords(record: DestructionRecord): string[] {
  const { id, city, subject, versions, basis, trigger, copies, verification, exclusions, unreadable } = record;
  const { destroyed, verified } = record;
  const who = ({ name, title, as }: DestructionRecord['verified']): string => `${name}, ${title} (signed in as ${as})`;
  return [
    `Certificate of destruction ${id}, ${city}`,
    `About: ${subject}. ${versions.records} records in ${versions.count} versions.`,
    `Why: ${trigger.replaceAll('-', ' ')}. ${basis.reason}${basis.clause === '' ? '' : ` (${basis.clause})`}`,
    `Unreadable in the running system since ${dayOf(unreadable.live)}, in all backups from ${dayOf(unreadable.backups)}.`,
    `Method: ${record.sanitisation.method}`,
    ...copies.map(
      ({ kind, place, custodian, outcome, why }) =>
        `Copy (${kind}) at ${place}, kept by ${custodian}: ${OUTCOMES[outcome]}. ${why}.`,
    ),
    `Looked at: ${verification.keysLookedFor} keys, ${verification.keysFound} found; ${verification.slotsRead} slots of the key file read anew, ${verification.slotsFound} with one of them.`,
    `Tried to decrypt ${verification.decryptionsTried} samples of the live ciphertext: ${verification.decryptionsSucceeded} opened.`,
    backupsInWords(verification),
    ...(exclusions.length === 0 ? ['Nothing is excluded.'] : exclusions.map((one) => `Excluded: ${one}`)),
    `Destroyed by ${who(destroyed)}`,
    `Verified by ${who(verified)}`,
  ];
}

const backupsInWords = ({
  backupDecryptionsTried: tried,
  backupDecryptionsSucceeded: opened,
}: DestructionRecord['verification']): string =>
  tried === 0
    ? 'No backup that held them is left to try.'
    : `Tried ${tried} of the backups that held them, with every key of backups that is left: ${tried - opened} of ${tried} could not be opened.`;

/** What does not hold together in a certificate, whoever signed it; empty where all does. */
export function destructionFaults(record: DestructionRecord): readonly string[] {
  const { copies, verification, exclusions, destroyed, verified, unreadable, keys, versions } = record;
  const faults: string[] = [];
  const open = copies.find(({ outcome }) => outcome === 'asked' || outcome === 'pending');
  if (open) faults.push(`copy "${open.id}" is left`);
  if (destroyed.as === verified.as) faults.push('whoever destroyed it verified it');
  if (exclusions.length !== copies.filter(({ outcome }) => outcome === 'beyond').length)
    faults.push("a copy outside the city's control is not named, or one too many is");
  const found =
    verification.keysFound +
    verification.slotsFound +
    verification.decryptionsSucceeded +
    verification.backupDecryptionsSucceeded +
    verification.ciphertextLeft;
  if (found > 0) faults.push('something was found that should be gone');
  if (verification.keysLookedFor < keys.count || keys.count !== versions.count)
    faults.push('not every key was looked for');
  if (unreadable.backups < unreadable.live || verified.at < destroyed.at) faults.push('its times are not in order');
  return faults;
}
