/** Issuing codes and certificates: code checked, request checked, certificate signed, all of it saved in one shared transaction. */
import { createPublicKey, verify, type X509Certificate } from 'node:crypto';
import { HOUR_MS, err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import type { Authority, Issued } from './authority.ts';
import { createBatcher, type Batcher } from './batcher.ts';
import { checkNames, checkStandingForIssue, decideRenewal } from './domain/enrolment.ts';
import { spiffeOf } from './domain/names.ts';
import { decodeRequestBody } from './domain/request-body.ts';
import { parseSigningRequest, type SigningRequest } from './domain/signing-request.ts';
import type { Restriction, Standing } from './domain/standing.ts';
import { createCodeCheck, issueCodes, type CodeCheck } from './enrolment-codes.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import type { Directory } from './needs.ts';
import type { RefusalNotes } from './refusals.ts';
import type { Register } from './register.ts';
import type { StandingService } from './standing.ts';
import * as store from './store.ts';

const ENROLMENTS_PER_TRANSACTION = 500;
/** A device whose clock or disk fails may ask again and again; the table must not grow with it. */
const RENEWALS_MAX = 10;
const LIMITER_KEYS_MAX = 10_000;

export interface EnrolmentParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly register: Register;
  readonly authority: Authority;
  readonly standing: StandingService;
  readonly directory: Directory;
  readonly refusals: RefusalNotes;
}

export interface IssuedCode {
  readonly device: string;
  readonly code: string;
  readonly expires: number;
}

export interface Enrolment {
  /** One-time codes, one per device, each replacing the one before. Throws when the city has no such device. */
  issueCodes(devices: readonly string[], by: string): Promise<readonly IssuedCode[]>;
  /** Checks an id and its code without using it up; the same refusal for every cause. */
  checkCode(claim: CodeClaim): Result<string, Refusal>;
  /** Uses the code up and issues; DER of the certificate. */
  enrol(claim: CodeClaim, body: Uint8Array): Promise<Result<Buffer, Refusal>>;
  reEnrol(certificate: X509Certificate, body: Uint8Array): Promise<Result<Buffer, Refusal>>;
  /** The standing that counts for a device that asks for a certificate in this way. */
  standingFor(device: string, way: 'enrol' | 'reEnrol'): Standing;
}
export interface CodeClaim {
  readonly device: string;
  readonly code: string;
  readonly address: string;
}

interface Write {
  readonly issued: Issued;
  readonly device: string;
  readonly codeHash: string | null;
  readonly superseded: readonly string[];
  /** Set when a revocation is lifted by this enrolment. */
  readonly liftsSequence: number | null;
  readonly at: number;
}

/** What the two ways to a certificate share. */
interface Desk extends EnrolmentParts {
  readonly write: Batcher<Write>;
  readonly renewals: Limiter;
  readonly checkCode: CodeCheck;
}

export function createEnrolment(parts: EnrolmentParts): Enrolment {
  const { sql } = parts;
  const desk: Desk = {
    ...parts,
    write: createBatcher<Write>((items) => sql.transact((tx) => saveAll(tx, items)), ENROLMENTS_PER_TRANSACTION),
    renewals: createLimiter({ failuresMax: RENEWALS_MAX, windowMs: HOUR_MS, keysMax: LIMITER_KEYS_MAX }),
    checkCode: createCodeCheck(parts),
  };
  return {
    issueCodes: (devices, by) => issueCodes(parts, devices, by),
    checkCode: desk.checkCode,
    enrol: (claim, body) => enrol(desk, claim, body),
    reEnrol: (certificate, body) => reEnrol(desk, certificate, body),
    standingFor: (device, way) =>
      (way === 'enrol' ? standingToEnrol : standingToRenew)(parts.register, device, parts.clock()),
  };
}

async function enrol(desk: Desk, claim: CodeClaim, body: Uint8Array): Promise<Result<Buffer, Refusal>> {
  const { register, authority, clock } = desk;
  const checked = desk.checkCode(claim);
  if (!checked.ok) return checked;
  const { device } = claim;
  const code = register.code(device)!;
  const request = readRequest(body, device, authority.trustDomain);
  if (!request.ok) return request;
  const now = clock();
  const before = register.restriction(device);
  const lifts = liftsRevocation(register, device);
  const allowed = checkStandingForIssue(device, standingToEnrol(register, device, now));
  if (!allowed.ok) {
    desk.refusals.note(device, allowed.error.code, claim.address);
    return allowed;
  }
  code.used = now; // before anything is awaited: a second request with the same code loses
  const write: Write = {
    issued: authority.issueDevice(device, request.value.spki, now),
    device,
    codeHash: code.hash,
    superseded: [...register.liveSerials(device)],
    liftsSequence: lifts ? register.sequence(device) : null,
    at: now,
  };
  const answer = await finish(desk, write, before);
  if (!answer.ok && answer.error.code === 'NOT_SAVED') code.used = null;
  return answer;
}

async function reEnrol(desk: Desk, certificate: X509Certificate, body: Uint8Array): Promise<Result<Buffer, Refusal>> {
  const { register, authority, clock, renewals, refusals } = desk;
  const now = clock();
  const device = authority.isDevice(certificate);
  if (device === null)
    return refuse(
      'forbidden',
      'CERTIFICATE_UNKNOWN',
      're-enrol: wanted a certificate that this city issued to a device',
    );
  const request = readRequest(body, device, authority.trustDomain);
  if (!request.ok) return request;
  const renewal = decideRenewal({
    record: register.certificate(certificate.serialNumber.toUpperCase()),
    commonName: device,
    standing: standingToRenew(register, device, now),
    sameKey: certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(request.value.spki),
    now,
  });
  if (!renewal.ok) {
    refusals.note(device, renewal.error.code, '');
    return renewal;
  }
  if (renewals.waitMs(device, now) > 0)
    return refuse(
      'unavailable',
      'TOO_MANY_ATTEMPTS',
      `re-enrol "${device}": wanted at most ${RENEWALS_MAX} certificates an hour`,
    );
  renewals.failed(device, now);
  const issued = authority.issueDevice(device, request.value.spki, now);
  const superseded = register.liveSerials(device).filter((serial) => serial !== renewal.value.serial);
  const write: Write = { issued, device, codeHash: null, superseded, liftsSequence: null, at: now };
  return finish(desk, write, register.restriction(device));
}

/** Saves, then makes the certificate count; `before` is the restriction that the decision was made on. */
async function finish(desk: Desk, write: Write, before: Restriction | null): Promise<Result<Buffer, Refusal>> {
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
  const now = register.restriction(device);
  if (now !== before && now?.kind === 'revoked') {
    // Revoked while this was being saved: the new certificate falls under it too.
    await standing.revoke(device, { reason: now.reason, by: now.by });
    return refuse('forbidden', 'DEVICE_REVOKED', `enrol "${device}": it was revoked meanwhile`);
  }
  if (write.liftsSequence !== null) register.restrict(device, null);
  standing.tell(device);
  return ok(issued.der);
}

/** A code issued after a revocation is an operator's word that the device may come back. */
function liftsRevocation(register: Register, device: string): boolean {
  const restriction = register.restriction(device);
  const code = register.code(device);
  return restriction?.kind === 'revoked' && code !== undefined && code.issued > restriction.at;
}

const standingToEnrol = (register: Register, device: string, now: number): Standing =>
  liftsRevocation(register, device) ? 'none' : register.standing(device, now);

/** A device whose certificates have expired has no standing left to lose: what counts is what lies upon it. */
function standingToRenew(register: Register, device: string, now: number): Standing {
  const standing = register.standing(device, now);
  return standing === 'none' ? 'active' : standing;
}

/** Body to request, names checked and possession of the key proved. */
function readRequest(body: Uint8Array, device: string, trustDomain: string): Result<SigningRequest, Refusal> {
  const der = decodeRequestBody(body);
  if (!der.ok) return der;
  const request = parseSigningRequest(der.value);
  if (!request.ok) return request;
  const names = checkNames(request.value, device, spiffeOf(trustDomain, device));
  if (!names.ok) return err(names.error);
  return provesPossession(request.value)
    ? request
    : refuse('invalid', 'REQUEST_NOT_SIGNED', `enrol "${device}": the request is not signed by the key in it`);
}

/** Does the signature on the request verify with the key in it? False also for a key that is no point of its curve. */
export function provesPossession(request: SigningRequest): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(request.spki), format: 'der', type: 'spki' });
    return verify(request.digest, request.signed, key, request.signature);
  } catch {
    return false;
  }
}

async function saveAll(tx: Tx, items: readonly Write[]): Promise<void> {
  const db = tx.for<store.DeviceTables>();
  const at = items[0]!.at;
  await store.addCertificates(
    db,
    items.map(({ issued, device }) => ({ ...issued, profile: 'device', holder: device })),
  );
  const codes = items.flatMap((item) => (item.codeHash === null ? [] : [item.codeHash]));
  if (codes.length > 0) await store.useCodes(db, codes, at);
  const superseded = items.flatMap((item) => item.superseded);
  if (superseded.length > 0) await store.endCertificates(db, superseded, { state: 'superseded', at });
  for (const { device, liftsSequence } of items)
    if (liftsSequence !== null) await store.liftRestriction(db, { id: device, sequence: liftsSequence });
  for (const { device, issued, codeHash } of items)
    tx.record({
      module: 'identity',
      type: codeHash === null ? 'device.re-enrolled' : 'device.enrolled',
      actor: device,
      subject: device,
      at,
      data: { serial: issued.serial, keyHash: issued.keyHash, notAfter: issued.notAfter },
    });
}
