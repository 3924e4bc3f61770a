/** Signatures of officers on planned changes: verified as a device would, then stored. */
import type { ChangeJob, JobSignature, OfficerKey, Officers } from '@cityward/contracts';
import { inTurn, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { jobHash } from './domain/trust/bytes.ts';
import { needsOffline } from './domain/trust/officers.ts';
import { checkJob, checkSignature, officersNeeded } from './domain/trust/signatures.ts';
import type { OfficersRegister } from './officers.ts';
import { putSignature, signatureRows, type SignatureRow } from './store-trust.ts';

/** How far a change is from being allowed. */
export interface Signed {
  /** Distinct officers; 0 before the city has officers, which is never enough. */
  readonly needed: number;
  readonly officers: readonly string[];
  /** True when one signature by `cityward sign` is needed and missing. */
  readonly wantsOffline: boolean;
  readonly complete: boolean;
}

export interface Signatures {
  start(): Promise<void>;
  /** From memory, by officer's id: those whose keys are still officers' keys. */
  of(change: string): readonly JobSignature[];
  /** @param job of the change whose id it carries */
  standing(job: ChangeJob): Signed;
  /** Verifies, then stores. An officer signs once, but may put a signature by `cityward sign` in place of a passkey's. */
  add(change: string, signature: JobSignature, by: string): Promise<Result<Signed, Refusal>>;
  /** Called after a signature is stored, with the job that it is over. */
  onSigned(listener: (job: ChangeJob, signed: Signed) => void): () => void;
}

export interface SignatureNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly officers: Pick<OfficersRegister, 'current'>;
  /** The job of a change that may still be signed; a refusal for one that is unknown or over. Its id is the change's. */
  readonly jobOf: (change: string) => Promise<Result<ChangeJob, Refusal>>;
}

export function createSignatures({ sql, clock, officers, jobOf }: SignatureNeeds): Signatures {
  const kept = createKept(officers);
  const listeners = new Set<(job: ChangeJob, signed: Signed) => void>();
  const turn = inTurn();
  const standing = (job: ChangeJob): Signed => {
    const document = officers.current();
    const rows = kept.valid(job.id);
    const needed = document ? officersNeeded(job, document) : 0;
    const wantsOffline = needsOffline(job.action) && !rows.some(({ signature }) => signature.alg === 'ed25519');
    const alive = document !== null && clock() < document.expires;
    const complete = alive && rows.length >= needed && !wantsOffline;
    return { needed, officers: rows.map(({ officer }) => officer), wantsOffline, complete };
  };

  const add = async (change: string, signature: JobSignature, by: string): Promise<Result<Signed, Refusal>> => {
    const found = await jobOf(change);
    if (!found.ok) return found;
    const judged = judge(found.value, signature, {
      document: officers.current(),
      before: kept.valid(change),
      now: clock(),
    });
    if (!judged.ok) return judged;
    const { officer, id, publicKey } = judged.value;
    const at = clock();
    const row: SignatureRow = { change, officer, key: id, publicKey, signature, at };
    const hash = jobHash(found.value);
    await sql.transact(async (tx) => {
      await putSignature(tx, row);
      tx.record({
        module: 'fleet',
        type: 'change.signed',
        actor: officer,
        subject: change,
        at,
        data: { key: id, alg: signature.alg, hash, handedInBy: by },
      });
    });
    kept.keep(row);
    const now = standing(found.value);
    for (const listener of listeners) listener(found.value, now);
    return ok(now);
  };

  return {
    start: async () => {
      kept.clear();
      for (const row of await signatureRows(sql)) kept.keep(row);
    },
    of: (change) => kept.valid(change).map(({ signature }) => signature),
    standing,
    add: (change, signature, by) => turn(() => add(change, signature, by)),
    onSigned: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface Kept {
  clear(): void;
  keep(row: SignatureRow): void;
  /** Those of officers who still are officers, with the same keys; by officer's id. */
  valid(change: string): readonly SignatureRow[];
}

function createKept(officers: SignatureNeeds['officers']): Kept {
  const kept = new Map<string, Map<string, SignatureRow>>();
  return {
    clear: () => kept.clear(),
    keep: (row) => {
      const of = kept.get(row.change) ?? new Map<string, SignatureRow>();
      kept.set(row.change, of.set(row.officer, row));
    },
    valid: (change) => {
      const keys = officers.current()?.keys ?? [];
      return [...(kept.get(change)?.values() ?? [])]
        .filter((row) => keys.some((key) => isKeyOf(row, key)))
        .sort((a, b) => (a.officer < b.officer ? -1 : 1));
    },
  };
}

const isKeyOf = (row: SignatureRow, key: OfficerKey): boolean =>
  key.id === row.key && key.officer === row.officer && key.publicKey === row.publicKey;

interface State {
  readonly document: Officers | null;
  readonly before: readonly SignatureRow[];
  readonly now: number;
}

/** Whose signature it is, as a device would find; refused where it could count for nothing. */
function judge(job: ChangeJob, signature: JobSignature, { document, before, now }: State): Result<OfficerKey, Refusal> {
  const what = `sign change "${job.id}"`;
  if (!document) return refuse('conflict', 'NO_OFFICERS', `${what}: this city has no officers yet`);
  if (now >= document.expires)
    return refuse(
      'conflict',
      'OFFICERS_EXPIRED',
      `${what}: the officers' document has expired, wanted its next version`,
    );
  if (now > job.notAfter) return refuse('gone', 'TOO_LATE', `${what}: its window is over`);
  const sound = checkJob(job);
  if (!sound.ok) return sound;
  const key = checkSignature(job, signature, document);
  if (!key.ok) return key;
  const own = before.find(({ officer }) => officer === key.value.officer);
  const better = own?.signature.alg === 'webauthn' && signature.alg === 'ed25519';
  if (own && !better)
    return refuse('conflict', 'OFFICER_SIGNED', `${what}: officer "${own.officer}" has signed it already`);
  return key;
}
