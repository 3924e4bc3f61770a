/** Checks a certificate of destruction with the city's root and the log's key and nothing else. Pure. */
import { DESTRUCTION_MAX_BYTES, DestructionCertificate, type DestructionRecord } from '@cityward/contracts';
import { fits, rootsIn, signatureFault } from '@cityward/fleet/verify';
import { checkDocument } from '@cityward/identity/document-check';
import { canonicalJson, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { verifyExhibit } from '@cityward/ledger/verify';
import { verifyInclusion } from '@cityward/tlog-tiles';
import { destructionBytes, destructionFaults, sha256, signedBytes, versionLeaf } from './domain/destruction.ts';

export interface DestructionFiles {
  readonly json: Uint8Array;
  /** PEM of the root, perhaps with others. */
  readonly ca: string;
  /** The log's key, `name+id+base64`. */
  readonly verifierKey: string;
  /** Whether just this record is among what was destroyed. */
  readonly record?: string;
}
export interface VerifiedDestruction {
  readonly record: DestructionRecord;
  /** SHA-256 of what the city signed, as in the ledger. */
  readonly hash: string;
  readonly signer: string;
  /** Its place in the ledger. */
  readonly entry: number;
  /** Versions whose place in the list is proven. */
  readonly proven: number;
}

const WHAT = 'check the certificate';
const bad = (code: string, why: string): Result<never, Refusal> => refuse('invalid', code, `${WHAT}: ${why}`);

export function verifyDestruction(files: DestructionFiles): Result<VerifiedDestruction, Refusal> {
  const read = readCertificate(files.json);
  if (!read.ok) return read;
  const { signed, city } = read.value;
  const { record, signature } = signed;
  const faults = destructionFaults(record);
  if (faults.length > 0) return bad('CERTIFICATE_NOT_WHOLE', faults[0]!);
  const fault = signatureFault(destructionBytes(record), signature);
  if (fault !== null) return refuse('forbidden', 'VERIFIER_SIGNATURE', `${WHAT}: the officer's signature: ${fault}`);
  const roots = rootsIn(files.ca);
  if (!roots) return bad('CA_FILE', 'wanted the certificates of the authority, PEM');
  const bytes = signedBytes(signed);
  const document = checkDocument(bytes, Buffer.from(city, 'base64'), { roots, at: record.verified.at });
  if (!document.ok) return document;
  const hash = sha256(bytes);
  const entry = inLedger(read.value, hash, files.verifierKey);
  if (!entry.ok) return entry;
  const proven = provenVersions(read.value, files.record);
  if (!proven.ok) return proven;
  return ok({ record, hash, signer: document.value.signer, entry: entry.value, proven: proven.value });
}

function readCertificate(json: Uint8Array): Result<DestructionCertificate, Refusal> {
  if (json.length > DESTRUCTION_MAX_BYTES) return bad('CERTIFICATE_SHAPE', `${json.length} bytes are too many`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return bad('CERTIFICATE_SHAPE', 'it is no JSON');
  }
  return fits(DestructionCertificate, value)
    ? ok(value)
    : bad('CERTIFICATE_SHAPE', 'wanted exactly the fields of a certificate of destruction, version 1');
}

/** The ledger tells of this certificate and of no other: a hash in another fact, or of another destruction, is a replay. */
function inLedger(
  { signed: { record }, ledger }: DestructionCertificate,
  hash: string,
  verifierKey: string,
): Result<number, Refusal> {
  const exhibit = verifyExhibit(ledger, verifierKey);
  if (!exhibit.ok) return bad('NOT_IN_LEDGER', exhibit.fault);
  const { type, module, subject, data, actor } = exhibit.body;
  const isAbout = type === 'destruction.certified' && module === 'vault' && subject === record.id;
  const says = { hash, root: record.versions.root, versions: record.versions.count, destroyer: record.destroyed.as };
  if (!isAbout || actor !== record.verified.as || canonicalJson(data) !== canonicalJson(says))
    return bad('NOT_IN_LEDGER', 'the ledger tells of another certificate');
  return ok(exhibit.index);
}

function provenVersions(
  { signed: { record }, proofs }: DestructionCertificate,
  wanted: string | undefined,
): Result<number, Refusal> {
  const { root, count } = record.versions;
  for (const { index, hashes, ...version } of proofs) {
    const proof = hashes.map((hash) => Buffer.from(hash, 'base64'));
    const leaf = { leafHash: versionLeaf(version), index, size: count, root: Buffer.from(root, 'hex'), proof };
    if (!verifyInclusion(leaf)) return bad('NOT_AMONG_THEM', `record "${version.record}" is not in the signed list`);
  }
  if (wanted !== undefined && !proofs.some(({ record: named }) => named === wanted))
    return bad('NOT_AMONG_THEM', `nothing proves that record "${wanted}" is in the signed list`);
  return ok(proofs.length);
}
