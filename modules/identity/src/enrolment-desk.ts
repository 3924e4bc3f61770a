/** What all ways to a certificate share: the request is read, the certificate signed, all of it saved in one shared transaction. */
import { createHash, verify } from 'node:crypto';
import { HOUR_MS, MINUTE_MS, err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import type { Approvals, Asking } from './approvals.ts';
import type { Authority, Issued } from './authority.ts';
import { createBatcher, type Batcher } from './batcher.ts';
import type { Discoveries } from './discoveries.ts';
import { decodeRequestBody } from './domain/request-body.ts';
import { parseSigningRequest, type SigningRequest } from './domain/signing-request.ts';
import type { Restriction } from './domain/standing.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import type { Makers } from './makers.ts';
import type { HolderType } from './domain/names.ts';
import type { FindHolder } from './holders.ts';
import type { Directory } from './needs.ts';
import type { RefusalNotes } from './refusals.ts';
import type { Claim, Register } from './register.ts';
import type { StandingService } from './standing.ts';
import * as store from './store.ts';
import { putClaim, putWaiting, type WaitingRow } from './ways-store.ts';

const ENROLMENTS_PER_TRANSACTION = 500;
/** A device whose clock or disk fails may ask again and again; the table must not grow with it. */
export const RENEWALS_MAX = 10;
const LIMITER_KEYS_MAX = 10_000;
const APPROVAL_WAIT_MS = MINUTE_MS;

export interface EnrolmentParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly register: Register;
  readonly authority: Authority;
  readonly standing: StandingService;
  readonly directory: Directory;
  /** Whoever may hold a certificate; null for an id that names nobody. */
  readonly holder: FindHolder;
  readonly refusals: RefusalNotes;
  readonly makers: Makers;
  readonly approvals: Approvals;
  readonly discoveries: Discoveries;
  readonly approvalWaitMs?: number | undefined;
  /** The gateway behind which a device stands; null for none. */
  readonly networks: { gatewayOf(device: string): string | null };
}

/** DER of the certificate, or how long to wait before the same request is sent again, and why. */
export type Granted = { readonly der: Buffer } | { readonly waitMs: number; readonly why: string };

export interface Write {
  readonly issued: Issued;
  readonly device: string;
  readonly type: HolderType;
  readonly way: 'code' | 'factory' | 'renewal' | 'gateway';
  /** The gateway that asked for it; without one the device did. */
  readonly by?: string;
  readonly codeHash: string | null;
  readonly superseded: readonly string[];
  /** Set when a revocation, or an end, is lifted by this enrolment. */
  readonly liftsSequence: number | null;
  readonly claim: Claim | null;
  /** The approval that is used up. */
  readonly approval: WaitingRow | null;
  /** How long after its end a certificate was renewed; 0 in time. */
  readonly lateMs: number;
  readonly at: number;
}

export interface Desk extends EnrolmentParts {
  readonly write: Batcher<Write>;
  readonly renewals: Limiter;
}

export function createDesk(parts: EnrolmentParts): Desk {
  const { sql } = parts;
  return {
    ...parts,
    write: createBatcher<Write>((items) => sql.transact((tx) => saveAll(tx, items)), ENROLMENTS_PER_TRANSACTION),
    renewals: createLimiter({ failuresMax: RENEWALS_MAX, windowMs: HOUR_MS, keysMax: LIMITER_KEYS_MAX }),
  };
}

export const keyHashOf = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex');
export const waits = ({ approvalWaitMs }: Desk, device: string): Granted => ({
  waitMs: approvalWaitMs ?? APPROVAL_WAIT_MS,
  why: `enrol "${device}": a person must let it in, send the same request again later`,
});

/** `waiting`, or the approval that the certificate to come uses up. */
export async function askToLetIn(
  { approvals, log }: Desk,
  asking: Asking,
): Promise<Result<WaitingRow | 'waiting' | null, Refusal>> {
  try {
    const answer = await approvals.ask(asking);
    if (!answer.ok || answer.value === 'waiting') return answer as Result<'waiting', Refusal>;
    return ok(approvals.issuedRow(answer.value.request));
  } catch (fault) {
    log.error('save waiting enrolment failed', { device: asking.device, fault: String(fault) });
    return refuse('unavailable', 'NOT_SAVED', `enrol "${asking.device}": it could not be saved, try again later`);
  }
}

/** Refuses the eleventh certificate of a device within an hour; counts every one that may be issued. */
export function countRenewal({ renewals }: Desk, device: string, now: number): Result<void, Refusal> {
  if (renewals.waitMs(device, now) > 0)
    return refuse(
      'unavailable',
      'TOO_MANY_ATTEMPTS',
      `enrol "${device}": wanted at most ${RENEWALS_MAX} certificates an hour`,
    );
  renewals.failed(device, now);
  return ok(undefined);
}

/**
 * Body to request, names checked by `checkNames` and possession of the key proved. What was decided before it may no longer hold
 * after it: whoever decides on a state does so afterwards.
 */
export async function readRequest(
  body: Uint8Array,
  device: string,
  checkNames: (request: SigningRequest) => Result<void, Refusal>,
): Promise<Result<SigningRequest, Refusal>> {
  const der = decodeRequestBody(body);
  if (!der.ok) return der;
  const request = parseSigningRequest(der.value);
  if (!request.ok) return request;
  const names = checkNames(request.value);
  if (!names.ok) return err(names.error);
  return (await provesPossession(request.value))
    ? request
    : refuse('invalid', 'REQUEST_NOT_SIGNED', `enrol "${device}": the request is not signed by the key in it`);
}

/** Does the signature on the request verify with the key in it? False also for a key that is no point of its curve. */
export function provesPossession({ digest, signed, spki, signature }: SigningRequest): Promise<boolean> {
  // Not by way of a key object: making one costs as much again as the signature.
  const key = { key: Buffer.from(spki), format: 'der', type: 'spki' } as const;
  return new Promise((resolve) => {
    try {
      verify(digest, signed, key, signature, (fault, isRight) => resolve(fault === null && isRight));
    } catch {
      resolve(false);
    }
  });
}

/** Saves, then makes the certificate count; `before` is the restriction that the decision was made on. */
export async function finish(desk: Desk, write: Write, before: Restriction | null): Promise<Result<Granted, Refusal>> {
  const { register, standing } = desk;
  const { device, issued, superseded, at } = write;
  try {
    await desk.write(write);
  } catch (fault) {
    desk.log.error('save enrolment failed', { device, fault: String(fault) });
    return refuse(
      'unavailable',
      'NOT_SAVED',
      `enrol "${device}": the certificate could not be saved, wanted another attempt later`,
    );
  }
  register.end(superseded, 'superseded', at);
  register.addLive({ serial: issued.serial, device, notBefore: issued.notBefore, notAfter: issued.notAfter });
  if (write.claim) register.setClaim(write.claim);
  if (write.approval) desk.approvals.issued(write.approval.id);
  const now = register.restriction(device);
  if (now !== before && (now?.kind === 'revoked' || now?.kind === 'ended')) {
    // Revoked or ended while this was being saved: the new certificate falls under it too.
    await standing.revoke(device, { reason: now.reason, by: now.by });
    return refuse('forbidden', 'DEVICE_REVOKED', `enrol "${device}": it was revoked meanwhile`);
  }
  if (write.liftsSequence !== null) register.restrict(device, null);
  standing.tell(device);
  return ok({ der: issued.der });
}

async function saveAll(tx: Tx, items: readonly Write[]): Promise<void> {
  const db = tx.for<store.DeviceTables>();
  const at = items[0]!.at;
  await store.addCertificates(
    db,
    items.map(({ issued, device, type }) => ({ ...issued, profile: type, holder: device })),
  );
  const codes = items.flatMap(({ device, codeHash }) => (codeHash === null ? [] : [{ device, hash: codeHash }]));
  if (codes.length > 0) await store.useCodes(db, codes, at);
  const superseded = items.flatMap((item) => item.superseded);
  if (superseded.length > 0) await store.endCertificates(db, superseded, { state: 'superseded', at });
  for (const { device, liftsSequence, claim, approval } of items) {
    if (claim) {
      await store.addDevices(db, [device]);
      await putClaim(db, claim);
    }
    if (approval) await putWaiting(db, approval);
    if (liftsSequence !== null) await store.liftRestriction(db, { id: device, sequence: liftsSequence });
  }
  for (const item of items) recordIssue(tx, item);
}

function recordIssue(tx: Tx, { device, type, issued, way, by, claim, lateMs, at }: Write): void {
  tx.record({
    module: 'identity',
    type: way === 'renewal' ? `${type}.re-enrolled` : `${type}.enrolled`,
    actor: by ?? device,
    subject: device,
    at,
    data: {
      serial: issued.serial,
      keyHash: issued.keyHash,
      notAfter: issued.notAfter,
      ...(claim ? { factorySerial: claim.serial, root: claim.root } : {}),
      ...(lateMs > 0 ? { lateMs } : {}),
    },
  });
}
