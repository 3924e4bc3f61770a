/** Enrolment by a factory certificate: maker pinned, serial on the purchase list, one living claim per serial; else kept out. */
import type { X509Certificate } from 'node:crypto';
import type { Discovery, Waiting } from '@cityward/contracts';
import { HOUR_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { checkFactoryNames, checkStandingForIssue } from './domain/enrolment.ts';
import { judgeClaim } from './domain/factory-claim.ts';
import { spiffeOf } from './domain/names.ts';
import type { Standing } from './domain/standing.ts';
import {
  askToLetIn,
  countRenewal,
  finish,
  keyHashOf,
  readRequest,
  waits,
  type Desk,
  type Granted,
} from './enrolment-desk.ts';
import type { FactoryProof } from './makers.ts';

/** An unknown device asks again after so long: by then somebody may have brought the purchase list up to date. */
const QUARANTINE_WAIT_MS = HOUR_MS;

/** A device that was recognised by its factory certificate. */
export interface Recognised {
  readonly device: string;
  readonly proof: FactoryProof;
  /** Why a person must look first; null when nobody must. */
  readonly why: Waiting['why'] | null;
  readonly address: string;
}
export type Quarantined = { readonly waitMs: number; readonly why: string };

export interface FactoryShown {
  readonly certificate: X509Certificate;
  /** What the client sent above it. */
  readonly chain: readonly X509Certificate[];
  readonly address: string;
}

export interface FactoryWay {
  /** Whose factory certificate this is; an unknown device is quarantined, with a card. Issues nothing. */
  recognise(shown: FactoryShown): Result<Recognised | Quarantined, Refusal>;
  enrolByFactory(recognised: Recognised, body: Uint8Array): Promise<Result<Granted, Refusal>>;
  standingByFactory(device: string): Standing;
}

export function createFactoryWay(desk: Desk): FactoryWay {
  const busy = new Set<string>();
  return {
    recognise: (shown) => recognise(desk, shown),
    standingByFactory: (device) => standingOf(desk, device),
    enrolByFactory: async (recognised, body) => {
      const { device } = recognised;
      if (busy.has(device))
        return refuse('unavailable', 'ENROLMENT_UNDER_WAY', `enrol "${device}": another request of it is under way`);
      busy.add(device);
      try {
        return await enrol(desk, recognised, body);
      } finally {
        busy.delete(device);
      }
    },
  };
}

function recognise(desk: Desk, shown: FactoryShown): Result<Recognised | Quarantined, Refusal> {
  const { certificate, chain, address } = shown;
  const proved = desk.makers.prove(certificate, chain);
  if (!proved.ok) return proved;
  const proof = proved.value;
  const { serial, keyHash, root } = proof;
  const known = desk.directory.bySerial?.(serial) ?? null;
  const { register } = desk;
  const verdict = judgeClaim({
    serial,
    keyHash,
    maker: root.maker,
    approval: root.approval,
    device: known,
    claim: register.claim(serial),
    ofDevice: known ? register.claimOf(known.id) : undefined,
    isReplaced: known !== null && isReplaced(desk, known.id),
  });
  if ('device' in verdict) return ok({ ...verdict, proof, address });
  const seen = { serial, maker: root.maker, subject: proof.subject, keyHash, claimed: null } as const;
  desk.discoveries.saw({ ...seen, way: 'factory', why: verdict.quarantine, address });
  if (verdict.quarantine === 'claim-ended') {
    desk.refusals.note(known?.id ?? 'unknown', { way: 'EST', code: 'CLAIM_ENDED', address });
    return refuse('forbidden', 'CLAIM_ENDED', `enrol serial "${serial}": the identity that it held has ended`);
  }
  return ok({ waitMs: QUARANTINE_WAIT_MS, why: REASONS[verdict.quarantine](serial) });
}

const REASONS: Readonly<Record<Exclude<Discovery['why'], 'claim-ended'>, (serial: string) => string>> = {
  'serial-unknown': (serial) => `enrol serial "${serial}": it is not on the purchase list, wanted a person to look`,
  'serial-ambiguous': (serial) =>
    `enrol serial "${serial}": the purchase list names it otherwise, wanted a person to look`,
  'maker-differs': (serial) =>
    `enrol serial "${serial}": the purchase list names another maker, wanted a person to look`,
  'id-unknown': (serial) => `enrol serial "${serial}": unknown`,
};

const isReplaced = ({ register }: Desk, device: string): boolean => {
  const restriction = register.restriction(device);
  return restriction?.kind === 'ended' && restriction.as === 'replaced';
};

/** What was replaced may be followed by another; a person looks first, see `judgeClaim`. */
const standingOf = (desk: Desk, device: string): Standing =>
  isReplaced(desk, device) ? 'none' : desk.register.standing(device, desk.clock());

async function enrol(desk: Desk, recognised: Recognised, body: Uint8Array): Promise<Result<Granted, Refusal>> {
  const { register, authority, clock } = desk;
  const { device, proof, why, address } = recognised;
  const { serial, keyHash: factoryKey, root } = proof;
  const known = { spiffe: spiffeOf(authority.trustDomain, device), serial };
  const request = await readRequest(body, device, (read) => checkFactoryNames(read, device, known));
  if (!request.ok) return request;
  const now = clock();
  const before = register.restriction(device);
  const allowed = checkStandingForIssue(device, standingOf(desk, device));
  if (!allowed.ok) return allowed;
  const asking = { device, way: 'factory', serial, maker: root.maker, credentialHash: factoryKey, address } as const;
  const keyHash = keyHashOf(request.value.spki);
  const letIn = why === null ? ok(null) : await askToLetIn(desk, { ...asking, why, keyHash });
  if (!letIn.ok) return letIn;
  if (letIn.value === 'waiting') return ok(waits(desk, device));
  const counted = countRenewal(desk, device, now);
  if (!counted.ok) return counted;
  const write = {
    issued: authority.issueDevice(device, request.value.spki, now),
    device,
    type: 'device',
    way: 'factory',
    codeHash: null,
    superseded: [...register.liveSerials(device)],
    liftsSequence: isReplaced(desk, device) ? register.sequence(device) : null,
    claim: { serial, device, keyHash: factoryKey, root: root.fingerprint, claimed: now, ended: null },
    approval: letIn.value,
    lateMs: 0,
    at: now,
  } as const;
  return finish(desk, write, before);
}
