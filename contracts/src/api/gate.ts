/** The commissioning gate and the ways out: what a device must show before it is handed over, and what becomes of it when it goes. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { CheckEvidence, GATE_CHECKS, GateException, Handover, InstallerKeySignature } from '../gate.ts';
import { Base64Url, Sha256 } from '../jobs.ts';
import { Closed, Count, Id, Line, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { DEVICE_CLASSES } from '../words.ts';

const Text = (maxLength: number) => Type.String({ maxLength });
const BecauseOf = Closed({ reason: Reason });
/** How long an exception may stand before somebody must say so again. */
export const EXCEPTION_MAX_DAYS = 365;

export const CHECK_STATES = ['unknown', 'passed', 'failed'] as const;
export const GateCheck = Closed({
  check: OneOf(GATE_CHECKS),
  state: OneOf(CHECK_STATES),
  why: Text(400),
  /** What to do; null where nothing is. */
  fix: OrNull(Text(400)),
  /** When it was observed, and by which gateway, device or part of the city. */
  at: OrNull(Time),
  by: OrNull(Text(64)),
  evidence: CheckEvidence,
  /** Stands, and has not ended. */
  exception: OrNull(GateException),
});
export type GateCheck = Static<typeof GateCheck>;

/** `not-enrolled`: it has no identity to hand over; `testing`: something is not green; `ready`: may be handed over. */
export const GATE_STATES = ['not-enrolled', 'testing', 'ready', 'handed-over'] as const;
export const Gate = Closed({
  device: Id,
  state: OneOf(GATE_STATES),
  /** The state in one sentence. */
  words: Text(300),
  checks: Type.Array(GateCheck),
  /** The gateway of its site, which looks at it; null where none does. */
  gateway: OrNull(Id),
  /** A look is under way since then. */
  looking: OrNull(Time),
  handover: OrNull(Closed({ id: Id, hash: Sha256, at: Time, installer: Line(80) })),
});
export type Gate = Static<typeof Gate>;

export const HandoverDraft = Closed({ handover: Handover, hash: Sha256, words: Type.Array(Text(500)) });
export type HandoverDraft = Static<typeof HandoverDraft>;

export const HandoverCard = Closed({
  id: Id,
  device: Id,
  /** Of the signed JSON, as the ledger has it too. */
  hash: Sha256,
  at: Time,
  installer: Line(80),
  exceptions: Count,
});
export type HandoverCard = Static<typeof HandoverCard>;

export const FirmwareTrack = Closed({
  class: OneOf(DEVICE_CLASSES),
  /** `*`: every model of the class that has no track of its own. */
  model: Line(100),
  /** Oldest version that is good enough. */
  least: Line(64),
  /** Versions begin with this, e.g. `11.`; null for any. */
  track: OrNull(Line(64)),
  at: Time,
  by: Text(64),
});
export type FirmwareTrack = Static<typeof FirmwareTrack>;

export const gate = {
  listGates: endpoint({
    name: 'listGates',
    method: 'GET',
    path: '/api/gates',
    action: 'readCity',
    summary: 'Devices that are being commissioned, with what they still lack',
    answer: Closed({ gates: Type.Array(Gate) }),
  }),
  getGate: endpoint({
    name: 'getGate',
    method: 'GET',
    path: '/api/devices/:id/gate',
    action: 'readDevice',
    summary: 'What a device must show before it is handed over, and what it shows',
    params: OneId,
    answer: Gate,
  }),
  testGate: endpoint({
    name: 'testGate',
    method: 'POST',
    path: '/api/devices/:id/gate/test',
    action: 'commissionDevice',
    summary: 'Ask the gateway of its site to look at the device anew',
    params: OneId,
    answer: Gate,
  }),
  exceptGateCheck: endpoint({
    name: 'exceptGateCheck',
    method: 'PUT',
    path: '/api/devices/:id/gate/exceptions/:check',
    action: 'exceptGateCheck',
    summary: 'Let a check be, for a time, with somebody who answers for it',
    params: Closed({ id: Id, check: OneOf(GATE_CHECKS) }),
    body: Closed({ owner: Line(80), until: Time, reason: Reason }),
    answer: Gate,
  }),
  withdrawGateException: endpoint({
    name: 'withdrawGateException',
    method: 'POST',
    path: '/api/devices/:id/gate/exceptions/:check/withdraw',
    action: 'exceptGateCheck',
    summary: 'Take an exception back',
    params: Closed({ id: Id, check: OneOf(GATE_CHECKS) }),
    body: BecauseOf,
    answer: Gate,
  }),
  draftHandover: endpoint({
    name: 'draftHandover',
    method: 'POST',
    path: '/api/devices/:id/handover/draft',
    action: 'commissionDevice',
    summary: 'The certificate as the installer is to sign it; refused while a check is not green',
    params: OneId,
    body: Closed({ installer: Line(80), company: OrNull(Line(80)) }),
    answer: HandoverDraft,
  }),
  handOver: endpoint({
    name: 'handOver',
    method: 'POST',
    path: '/api/devices/:id/handover',
    action: 'commissionDevice',
    summary: "Hand the device over: the installer's signature on the drafted certificate, then the city's",
    params: OneId,
    body: Closed({
      hash: Sha256,
      signature: Type.Union([
        InstallerKeySignature,
        Closed({
          alg: Type.Literal('webauthn'),
          key: Line(1_024),
          authenticatorData: Base64Url,
          clientDataJson: Base64Url,
          signature: Base64Url,
        }),
      ]),
    }),
    answer: HandoverCard,
  }),
  listHandovers: endpoint({
    name: 'listHandovers',
    method: 'GET',
    path: '/api/devices/:id/handovers',
    action: 'readDevice',
    summary: 'Handover certificates of a device, newest first',
    params: OneId,
    answer: Closed({ handovers: Type.Array(HandoverCard) }),
  }),
  getHandover: endpoint({
    name: 'getHandover',
    method: 'GET',
    path: '/api/handovers/:id/certificate.json',
    action: 'readCity',
    summary: 'The certificate: exactly the bytes that the city signed',
    params: OneId,
    answer: Type.String(),
  }),
  getHandoverSignature: endpoint({
    name: 'getHandoverSignature',
    method: 'GET',
    path: '/api/handovers/:id/certificate.p7s',
    action: 'readCity',
    summary: "The city's signature on it: CMS, detached, DER, with its certificates",
    params: OneId,
    answer: Type.String(),
  }),
  getHandoverPdf: endpoint({
    name: 'getHandoverPdf',
    method: 'GET',
    path: '/api/handovers/:id/certificate.pdf',
    action: 'readCity',
    summary: 'The certificate for people, with the signed JSON and the signature inside',
    params: OneId,
    answer: Type.String(),
  }),
  listTracks: endpoint({
    name: 'listTracks',
    method: 'GET',
    path: '/api/fleet/tracks',
    action: 'readChanges',
    summary: 'Which firmware is wanted, by class and model',
    answer: Closed({ tracks: Type.Array(FirmwareTrack) }),
  }),
  setTrack: endpoint({
    name: 'setTrack',
    method: 'PUT',
    path: '/api/fleet/tracks/:class',
    action: 'planChange',
    summary: 'Say which firmware is wanted',
    params: Closed({ class: OneOf(DEVICE_CLASSES) }),
    body: Closed({ model: Line(100), least: Line(64), track: OrNull(Line(64)), reason: Reason }),
    answer: FirmwareTrack,
  }),
} as const;
