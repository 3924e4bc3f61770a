/** What follows once keys are gone: every copy ends, another officer looks, and a certificate says so. */
import type {
  DestructionCertificate,
  DestructionDraft,
  DestructionRecord,
  Destruction as Shown,
  InstallerSignature,
  VerifierSignature,
} from '@cityward/contracts';
import { MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { signatureFault } from '@cityward/fleet/verify';
import { isSettled, type CopyRegister, type PurgedCopy } from '../copies/copy.ts';
import {
  destructionBytes,
  destructionInWords,
  keyCommitment,
  METHOD,
  sha256,
  signedBytes,
  versionTree,
} from '../domain/destruction.ts';
import { hindrance } from '../domain/life.ts';
import type { TryBackups } from '../backup/trying.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { DestructionNeeds, VaultOptions } from '../needs.ts';
import { versionsOfDestruction, type VersionKey } from '../records/destroying-store.ts';
import { contentLeft } from '../records/store.ts';
import * as store from './destruction-store.ts';
import { UNHINDERED } from './record-lives.ts';

const MODULE = 'vault';
/** What was looked at is of that moment: a draft that nobody signed by then is drafted anew. */
const DRAFT_LIFE_MS = 30 * MINUTE_MS;
const WHY_CHARS_MAX = 500;

export interface DestructionParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger'> {
  readonly needs: DestructionNeeds;
  readonly copies: CopyRegister;
  readonly keyring: Pick<Keyring, 'look'>;
  readonly tryBackups: TryBackups;
}
type LeftCopy = DestructionRecord['copies'][number];
export type Verifier = Pick<DestructionRecord['verified'], 'name' | 'title' | 'location' | 'contact'>;
export type GivenSignature = VerifierSignature;

export class Destructions {
  readonly #parts: DestructionParts;

  constructor(parts: DestructionParts) {
    this.#parts = parts;
  }

  async list(state?: store.DestructionRow['state']): Promise<Shown[]> {
    const rows = await store.listDestructions(this.#parts.sql, state);
    return Promise.all(rows.map((row) => this.#shown(row)));
  }

  /** Has every copy end that is left, and writes down what became of each. Asked again until none is left. */
  async purge(id: string, known?: readonly VersionKey[]): Promise<boolean> {
    const { sql, copies, clock } = this.#parts;
    const row = await store.readDestruction(sql, id);
    if (row?.state !== 'copies-left') return false;
    const versions = known ?? (await versionsOfDestruction(sql, id));
    const purged = await copies.purge(versions);
    const all = merged(JSON.parse(row.copies) as LeftCopy[], purged);
    const openCopies = all.filter(({ outcome }) => !isSettled({ is: outcome })).length;
    const step = { do: 'copies-purged' } as const;
    const isDone = hindrance({ state: 'keys-destroyed' }, step, { ...UNHINDERED, openCopies, now: clock() }) === null;
    await sql.transact(async (tx) => {
      await store.saveCopies(tx, { id, copies: JSON.stringify(all), state: isDone ? 'to-certify' : 'copies-left' });
      if (!isDone) return;
      const fact = { module: MODULE, type: 'copies.purged', actor: row.by_whom, subject: row.subject } as const;
      tx.record({ ...fact, at: clock(), personal: true, data: { destruction: id, copies: all.length } });
    });
    return isDone;
  }

  /** Those with copies that are left, e.g. after a kill. */
  async purgeLeft(): Promise<number> {
    const left = await store.listDestructions(this.#parts.sql, 'copies-left');
    let done = 0;
    for (const { id } of left) if (await this.purge(id)) done++;
    return done;
  }

  async draft(
    id: string,
    { verifier, by }: { readonly verifier: Verifier; readonly by: string },
  ): Promise<Result<DestructionDraft, Refusal>> {
    const { sql, clock } = this.#parts;
    await this.purge(id);
    const row = await store.readDestruction(sql, id);
    const refused = refusalOf(row, id, by);
    if (refused) return refused;
    const record = await this.#recordOf(row!, { ...verifier, as: by });
    if (!record.ok) return record;
    const hash = sha256(destructionBytes(record.value));
    await store.saveDraft(sql, { id, draft: JSON.stringify(record.value), draft_by: by, draft_at: clock() });
    return ok({ record: record.value, hash, words: destructionInWords(record.value) });
  }

  async sign(
    id: string,
    { hash, signature, by }: { readonly hash: string; readonly signature: GivenSignature; readonly by: string },
  ): Promise<Result<Shown, Refusal>> {
    const { sql, clock, needs } = this.#parts;
    const where = `certify destruction "${id}"`;
    const row = await store.readDestruction(sql, id);
    const refused = refusalOf(row, id, by);
    if (refused) return refused;
    const { draft, draft_by, draft_at } = row!;
    const record = draft === null ? null : (JSON.parse(draft) as DestructionRecord);
    const isOwn = record !== null && draft_by === by && clock() - draft_at! <= DRAFT_LIFE_MS;
    if (!isOwn || sha256(destructionBytes(record)) !== hash)
      return refuse('conflict', 'DRAFT_OTHER', `${where}: what was signed is not your newest draft, wanted a new one`);
    const whole = this.#whole(signature, by);
    if (!whole.ok) return whole;
    const fault = signatureFault(destructionBytes(record), whole.value);
    if (fault !== null) return refuse('forbidden', 'VERIFIER_SIGNATURE', `${where}: check the signature: ${fault}`);
    const bytes = signedBytes({ record, signature: whole.value });
    const city = Buffer.from(await needs.sign(bytes)).toString('base64');
    const isSaved = await sql.transact(async (tx) => {
      const data = {
        hash: sha256(bytes),
        root: record.versions.root,
        versions: record.versions.count,
        destroyer: row!.by_whom,
      };
      const fact = tx.record({
        module: MODULE,
        type: 'destruction.certified',
        actor: by,
        subject: id,
        at: clock(),
        data,
      });
      return store.saveCertificate(tx, { id, signed: bytes.toString('utf8'), signature: city, fact });
    });
    if (!isSaved) return refuse('conflict', 'CERTIFIED_ALREADY', `${where}: somebody did meanwhile`);
    return ok(await this.#shown((await store.readDestruction(sql, id))!));
  }

  /** The file for whoever asks, with the proofs of one record where one is named. */
  async certificate(id: string, of?: string): Promise<Result<DestructionCertificate, Refusal>> {
    const { sql, ledger } = this.#parts;
    const row = await store.readDestruction(sql, id);
    const where = `hand out the certificate of destruction "${id}"`;
    if (row?.state !== 'certified') return refuse('not-found', 'NOT_CERTIFIED', `${where}: there is none yet`);
    const exhibit = await ledger.exhibit(row.fact!);
    if (!exhibit)
      return refuse('unavailable', 'PROOF_NOT_READY', `${where}: it is not in the ledger yet, wanted a moment later`);
    const versions = await versionsOfDestruction(sql, id);
    const tree = versionTree(versions);
    const named = versions.flatMap((version, index) => (version.record === of ? [{ version, index }] : []));
    if (of !== undefined && named.length === 0)
      return refuse('not-found', 'RECORD_UNKNOWN', `${where}: record "${of}" is not among what was destroyed`);
    const proofs = named.map(({ version, index }) => {
      const hashes = tree.proofOf(index).map((hash) => Buffer.from(hash).toString('base64'));
      return { ...version, index, hashes };
    });
    return ok({ signed: store.signedOf(row), city: row.signature!, ledger: exhibit, proofs });
  }

  #whole(given: GivenSignature, by: string): Result<InstallerSignature, Refusal> {
    if (given.alg === 'ed25519') return ok(given);
    const passkey = this.#parts.needs.passkey(by, given.key);
    if (!passkey) return refuse('forbidden', 'PASSKEY_UNKNOWN', 'sign with the passkey: it is none of yours');
    const { publicKey, cose, origin, rpId } = passkey;
    return ok({ ...given, publicKey, cose, origin, rpId });
  }

  /** Looks anew at everything the certificate says; refuses where something is there that should be gone. */
  async #recordOf(
    row: store.DestructionRow,
    verifier: Verifier & { readonly as: string },
  ): Promise<Result<DestructionRecord, Refusal>> {
    const { sql, clock, needs } = this.#parts;
    const versions = await versionsOfDestruction(sql, row.id);
    const looked = await this.#look(row, versions);
    if (!looked.ok) return looked;
    const verification = looked.value;
    const { keysFound, slotsFound, decryptionsSucceeded, backupDecryptionsSucceeded, ciphertextLeft } = verification;
    if (keysFound + slotsFound + decryptionsSucceeded + backupDecryptionsSucceeded + ciphertextLeft > 0)
      return refuse(
        'conflict',
        'NOT_DESTROYED',
        `certify destruction "${row.id}": something is there that should be gone`,
      );
    const copies = JSON.parse(row.copies) as LeftCopy[];
    const beyond = copies.filter(({ outcome }) => outcome === 'beyond');
    const { office, cityName } = needs;
    const records = new Set(versions.map(({ record }) => record)).size;
    return ok({
      kind: 'cityward-destruction',
      version: 1,
      id: row.id,
      city: cityName,
      medium: await needs.medium(),
      sanitisation: {
        description: 'purge',
        method: METHOD,
        tool: needs.tool,
        destination: 'stays in use; other keys are in the same file',
      },
      confidentiality: { before: 'personal, special category where it is about health', after: 'none: unreadable' },
      subject: row.subject,
      trigger: row.reason_code,
      basis: { clause: row.clause, reason: row.reason },
      versions: { records, count: versions.length, root: versionTree(versions).root },
      keys: { count: versions.length, commitment: keyCommitment(versions) },
      copies,
      verification,
      exclusions: beyond.map(({ custodian, place, why }) => `${custodian}, ${place}: ${why}`),
      unreadable: { live: row.at, backups: row.at + needs.backupLifeMs() },
      destroyed: { ...office, as: row.by_whom, name: row.by_whom, title: 'ordered the destruction', at: row.at },
      verified: { ...verifier, at: clock() },
    });
  }

  async #look(
    row: store.DestructionRow,
    versions: readonly VersionKey[],
  ): Promise<Result<DestructionRecord['verification'], Refusal>> {
    const { keyring, sql, tryBackups } = this.#parts;
    const looked = await keyring.look(versions.map(({ key }) => key));
    const backups = await tryBackups({ versions, at: row.at });
    if (!backups.ok) return backups;
    return ok({
      method:
        'every key looked for in memory and in the key file read anew; samples of the ciphertext tried by the way that every look takes; backups tried with every key of backups that is left',
      keysLookedFor: versions.length,
      keysFound: looked.found,
      slotsRead: looked.slotsRead,
      slotsFound: looked.slotsFound,
      decryptionsTried: row.tried,
      decryptionsSucceeded: row.opened,
      backupDecryptionsTried: backups.value.tried,
      backupDecryptionsSucceeded: backups.value.opened,
      ciphertextLeft: await contentLeft(sql, versions),
    });
  }

  async #shown(row: store.DestructionRow): Promise<Shown> {
    const { sql } = this.#parts;
    const { id, subject, by_whom: by, reason_code: trigger, reason, at, state } = row;
    const all = JSON.parse(row.copies) as LeftCopy[];
    const versions = await versionsOfDestruction(sql, id);
    const left = all.filter(({ outcome }) => !isSettled({ is: outcome }));
    const counts = { records: await store.recordsOf(sql, id), versions: versions.length };
    return { id, subject, by, trigger, reason, at, ...counts, root: versionTree(versions).root, state, left };
  }
}

/** A copy that was asked again has its newest outcome. */
function merged(before: readonly LeftCopy[], purged: readonly PurgedCopy[]): LeftCopy[] {
  const all = new Map(before.map((copy) => [copy.id, copy]));
  for (const { copy, outcome, versions } of purged) {
    const { id, kind, place, custodian } = copy;
    all.set(id, {
      id,
      kind,
      place,
      custodian,
      outcome: outcome.is,
      why: outcome.why.slice(0, WHY_CHARS_MAX),
      versions,
    });
  }
  return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function refusalOf(row: store.DestructionRow | null, id: string, by: string): Result<never, Refusal> | null {
  const where = `certify destruction "${id}"`;
  if (!row) return refuse('not-found', 'DESTRUCTION_UNKNOWN', `${where}: there is none of that id`);
  if (row.state === 'certified') return refuse('conflict', 'CERTIFIED_ALREADY', `${where}: it is certified`);
  if (row.by_whom === by)
    return refuse('forbidden', 'VERIFIER_IS_DESTROYER', `${where}: wanted another officer than who destroyed it`);
  if (row.state === 'to-certify') return null;
  const left = (JSON.parse(row.copies) as LeftCopy[]).filter(({ outcome }) => !isSettled({ is: outcome }));
  const details = left.map(({ id: copy, kind, custodian, why }) => `${copy} (${kind}, ${custodian}): ${why}`);
  const { error } = refuse('conflict', 'COPIES_LEFT', `${where}: ${left.length} copies are left, wanted none`);
  return { ok: false, error: { ...error, details } };
}
