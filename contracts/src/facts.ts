/** Facts: what was done, written to the outbox in the transaction that did it, then carried to the ledger and other modules. */
import type { Json } from '@cityward/kernel';

export const MODULES = ['ledger', 'city', 'policy', 'identity', 'watch', 'fleet', 'respond', 'server'] as const;
export type ModuleName = (typeof MODULES)[number];

/** Every fact type, `<what>.<past participle>`. A type is never reused for another meaning. */
export const FACT_TYPES = [
  'evidence.recorded',
  'evidence.exported',
  'city.founded',
  'inventory.imported',
  'inventory.import-undone',
  'device.changed',
  'policy.loaded',
  'policy.evaluation-failed',
  'authority.created',
  'device.enrolled',
  'device.re-enrolled',
  'enrolment-code.issued',
  'device.held',
  'device.released',
  'device.revoked',
  'device.ended',
  'trust.changed',
  'dormancy.warned',
  'dormancy.spared',
  'dormancy.ended',
  'device.discovered',
  'discovery.dismissed',
  'maker-root.pinned',
  'maker-root.removed',
  'enrolment.waiting',
  'enrolment.approved',
  'enrolment.refused',
  'network.registered',
  'network.changed',
  'network.enrolled',
  'network.re-enrolled',
  'network.held',
  'network.released',
  'network.revoked',
  'network.ended',
  'network.certificate-revoked',
  'acme.binding-issued',
  'acme.account-opened',
  'acme.account-closed',
  'radius.set-up',
  'vlans.set',
  'device.joined',
  'device.moved',
  'device.move-failed',
  'reporter.refused',
  'person.invited',
  'person.signed-in',
  'person.sign-in-refused',
  'person.signed-out',
  'person.roles-set',
  'person.disabled',
  'passkey.added',
  'passkey.shown',
  'recovery-codes.issued',
  'recovery-code.used',
  'link.issued',
  'service.registered',
  'service.changed',
  'service.secret-issued',
  'service.code-issued',
  'service.certified',
  'service.ended',
  'service.refused',
  'person.bound',
  'access.asked',
  'access.approved',
  'access.refused',
  'access.begun',
  'access.ended',
  'finding.raised',
  'finding.dismissed',
  'situation.opened',
  'situation.grown',
  'situation.dismissed',
  'incident.opened',
  'incident.noted',
  'incident.closed',
  'containment.applied',
  'containment.confirmed',
  'containment.failed',
  'containment.undone',
  'containment.ended',
  'officers.pinned',
  'officers.changed',
  'artifact.added',
  'configuration.wanted',
  'change.planned',
  'change.signed',
  'change.started',
  'change.wave-opened',
  'change.paused',
  'change.resumed',
  'change.stopped',
  'change.rolled-back',
  'change.finished',
  'change.ended-for-device',
  'change.refused-by-device',
  'change.explained-by-device',
  'device.wiped',
  'fleet.frozen',
  'fleet.thawed',
  'fleet.downgraded',
  'gate.checked',
  'gate.excepted',
  'gate.exception-withdrawn',
  'device.handed-over',
  'firmware-track.set',
  'device.replaced',
  'replacement.ended',
  'replacement.undone',
  'retirement.begun',
  'device.retired',
  'device.stolen',
  'stolen-device.seen',
  'baseline.scanned',
  'baseline.judged',
  'baseline.excepted',
  'baseline.exception-ended',
  'baseline.reading-refused',
  'credentials.rotated',
  'replay.started',
  'replay.ended',
  'server.started',
  'server.stopped',
] as const;
export type FactType = (typeof FACT_TYPES)[number];

/** A fact before it has a place in the outbox. `actor` and `subject` are ids, never names. */
export interface NewFact {
  readonly module: ModuleName;
  readonly type: FactType;
  /** Who did it: a person, device or service id, or `system`. */
  readonly actor: string;
  /** What it was done to. */
  readonly subject: string;
  readonly at: number;
  readonly data: { readonly [key: string]: Json };
  /** True where the body may tell about a person: the ledger then keeps only a salted commitment in public. */
  readonly personal?: boolean;
}

/** A fact as the dispatcher hands it on; `position` grows by commit order, `id` makes handlers idempotent. */
export interface Fact extends NewFact {
  readonly id: string;
  readonly position: number;
}
