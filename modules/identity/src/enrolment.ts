/** Issuing codes and certificates: by a one-time code, by a factory certificate, or by the certificate of before. */
import type { X509Certificate } from 'node:crypto';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Authority, Issued } from './authority.ts';
import type { Holder } from './holder-of.ts';
import { checkNames, checkStandingForIssue, decideRenewal } from './domain/enrolment.ts';
import { spiffeOf } from './domain/names.ts';
import { isDormant, mayComeBack, type Restriction, type Standing } from './domain/standing.ts';
import { createCodeCheck, issueCodes, type CodeCheck } from './enrolment-codes.ts';
import {
  askToLetIn,
  countRenewal,
  createDesk,
  finish,
  keyHashOf,
  readRequest,
  waits,
  type Desk,
  type EnrolmentParts,
  type Granted,
  type Write,
} from './enrolment-desk.ts';
import { createGatewayWay, type GatewayWay } from './enrolment-gateway.ts';
import { createFactoryWay, type FactoryWay } from './enrolment-factory.ts';
import type { Register } from './register.ts';

export type { EnrolmentParts, Granted } from './enrolment-desk.ts';

export interface IssuedCode {
  readonly device: string;
  readonly code: string;
  readonly expires: number;
}
export interface CodeOptions {
  /** A person must let the device in when it comes with the code. Default false. */
  readonly approval?: boolean;
}

export interface Enrolment extends FactoryWay, GatewayWay {
  /** One-time codes, one per device, each replacing the one before. Throws when the city has no such device, or it is retired. */
  issueCodes(devices: readonly string[], by: string, options?: CodeOptions): Promise<readonly IssuedCode[]>;
  /** Checks an id and its code without using it up; the same refusal for every cause. */
  checkCode(claim: CodeClaim): Result<string, Refusal>;
  /** Uses the code up and issues. */
  enrol(claim: CodeClaim, body: Uint8Array): Promise<Result<Granted, Refusal>>;
  reEnrol(certificate: X509Certificate, body: Uint8Array): Promise<Result<Granted, Refusal>>;
  /** A certificate for a network that has shown elsewhere that it may have one; DER. The one before stays good until the next. */
  certifyNetwork(network: string, asked: NetworkAsked): Promise<Result<Buffer, Refusal>>;
  /** The standing that counts for a device that asks for a certificate in this way. */
  standingFor(device: string, way: 'enrol' | 'factory' | 'reEnrol'): Standing;
}
export interface NetworkAsked {
  readonly spki: Uint8Array;
  readonly names?: readonly string[];
  /** It comes back where it had ended because nobody saw it: whoever asks may say so. Its certificates of before stay revoked. */
  readonly bringsBack?: boolean;
}
export interface CodeClaim {
  readonly device: string;
  readonly code: string;
  readonly address: string;
}

export function createEnrolment(parts: EnrolmentParts): Enrolment {
  const checkCode = createCodeCheck(parts);
  const desk: CodeDesk = { ...createDesk(parts), checkCode };
  const factory = createFactoryWay(desk);
  return {
    ...factory,
    ...createGatewayWay(desk),
    issueCodes: (devices, by, options) => issueCodes(parts, devices, { by, ...options }),
    checkCode,
    enrol: (claim, body) => enrol(desk, claim, body),
    reEnrol: (certificate, body) => reEnrol(desk, certificate, body),
    certifyNetwork: (network, asked) => certifyNetwork(desk, network, asked),
    standingFor: (device, way) => {
      const { register, clock } = parts;
      if (way === 'enrol') return standingToEnrol(register, device, clock());
      return way === 'factory' ? factory.standingByFactory(device) : standingToRenew(register, device, clock());
    },
  };
}

interface CodeDesk extends Desk {
  readonly checkCode: CodeCheck;
}

async function enrol(desk: CodeDesk, claim: CodeClaim, body: Uint8Array): Promise<Result<Granted, Refusal>> {
  const { register, authority, clock } = desk;
  const checked = desk.checkCode(claim);
  if (!checked.ok) return checked;
  const { device, address } = claim;
  const { type } = desk.holder(device)!;
  const request = await readRequest(body, device, (read) =>
    checkNames(read, device, spiffeOf(authority.trustDomain, device, type)),
  );
  if (!request.ok) return request;
  const still = desk.checkCode(claim); // another request with the same code may have been quicker
  if (!still.ok) return still;
  const code = register.code(device)!;
  const now = clock();
  const before = register.restriction(device);
  const lifts = liftsRestriction(register, device);
  const allowed = checkStandingForIssue(device, standingToEnrol(register, device, now));
  if (!allowed.ok) return allowed;
  code.used = now; // before anything is awaited: a second request with the same code loses
  const asking = { device, way: 'code', why: 'asked-for', serial: null, maker: null, address } as const;
  const keyHash = keyHashOf(request.value.spki);
  const letIn = code.approval ? await askToLetIn(desk, { ...asking, keyHash, credentialHash: code.hash }) : ok(null);
  if (!letIn.ok || letIn.value === 'waiting') {
    code.used = null;
    return letIn.ok ? ok(waits(desk, device)) : letIn;
  }
  const write = {
    issued: issueTo(authority, { type, id: device }, { spki: request.value.spki, now }),
    device,
    type,
    way: 'code',
    codeHash: code.hash,
    superseded: [...register.liveSerials(device)],
    liftsSequence: lifts ? register.sequence(device) : null,
    claim: null,
    approval: letIn.value,
    lateMs: 0,
    at: now,
  } as const;
  const answer = await finish(desk, write, before);
  if (!answer.ok && answer.error.code === 'NOT_SAVED') code.used = null;
  return answer;
}

async function reEnrol(desk: Desk, certificate: X509Certificate, body: Uint8Array): Promise<Result<Granted, Refusal>> {
  const { register, authority, clock } = desk;
  const now = clock();
  const named = authority.holderOf(certificate);
  // An id that names something else today is not what the certificate was issued to.
  if (named === null || (desk.holder(named.id)?.type ?? named.type) !== named.type)
    return refuse(
      'forbidden',
      'CERTIFICATE_UNKNOWN',
      're-enrol: wanted a certificate that this city issued to a device or network',
    );
  const { type, id: device } = named;
  const request = await readRequest(body, device, (read) =>
    checkNames(read, device, spiffeOf(authority.trustDomain, device, type)),
  );
  if (!request.ok) return request;
  const renewal = decideRenewal({
    record: register.certificate(certificate.serialNumber.toUpperCase()),
    commonName: device,
    standing: standingToRenew(register, device, now),
    sameKey: certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(request.value.spki),
    notAfter: certificate.validToDate.getTime(),
    now,
  });
  if (!renewal.ok) return renewal;
  const counted = countRenewal(desk, device, now);
  if (!counted.ok) return counted;
  const lateMs = Math.max(0, now - renewal.value.notAfter);
  if (lateMs > 0) desk.log.info('an expired certificate is renewed with its old key', { device, lateMs });
  const issued = issueTo(authority, named, { spki: request.value.spki, now });
  const superseded = register.liveSerials(device).filter((serial) => serial !== renewal.value.serial);
  const rest = { codeHash: null, liftsSequence: null, claim: null, approval: null, at: now } as const;
  return finish(
    desk,
    { issued, device, type, way: 'renewal', superseded, lateMs, ...rest },
    register.restriction(device),
  );
}

const issueTo = (
  authority: Authority,
  { type, id }: Holder,
  { spki, now }: { readonly spki: Uint8Array; readonly now: number },
): Issued => (type === 'network' ? authority.issueNetwork(id, spki, now) : authority.issueDevice(id, spki, now));

async function certifyNetwork(
  desk: Desk,
  network: string,
  { spki, names = [], bringsBack = false }: NetworkAsked,
): Promise<Result<Buffer, Refusal>> {
  const { register, authority, clock } = desk;
  const now = clock();
  const before = register.restriction(network);
  const lifts = bringsBack && isDormant(before);
  const allowed = checkStandingForIssue(network, lifts ? 'none' : register.standing(network, now));
  if (!allowed.ok) return allowed;
  const counted = countRenewal(desk, network, now);
  if (!counted.ok) return counted;
  const newest = register.newest(network)?.serial;
  const write: Write = {
    issued:
      names.length > 0
        ? authority.issueGateway(network, { spki, names }, now)
        : authority.issueNetwork(network, spki, now),
    device: network,
    type: 'network',
    way: 'code',
    codeHash: null,
    superseded: register.liveSerials(network).filter((serial) => serial !== newest),
    liftsSequence: lifts ? register.sequence(network) : null,
    claim: null,
    approval: null,
    lateMs: 0,
    at: now,
  };
  const finished = await finish(desk, write, before);
  return finished.ok ? ok(write.issued.der) : finished;
}

/** A code issued after a revocation, or after a replacement, is an operator's word that the device may come back. */
function liftsRestriction(register: Register, device: string): boolean {
  const restriction = register.restriction(device);
  const code = register.code(device);
  return isLiftable(restriction) && code !== undefined && code.issued > restriction!.at;
}
const isLiftable = (restriction: Restriction | null): boolean =>
  restriction?.kind === 'revoked' || (restriction?.kind === 'ended' && mayComeBack(restriction.as));

const standingToEnrol = (register: Register, device: string, now: number): Standing =>
  liftsRestriction(register, device) ? 'none' : register.standing(device, now);

/** A device whose certificates have expired has no standing left to lose: what counts is what lies upon it. */
function standingToRenew(register: Register, device: string, now: number): Standing {
  const standing = register.standing(device, now);
  return standing === 'none' ? 'active' : standing;
}
