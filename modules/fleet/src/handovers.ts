/** Handing a device over: the drafted certificate, the installer's signature on it, then the city's; and the files that come of it. */
import {
  type HandoverCard,
  type HandoverCertificate,
  type HandoverDraft,
  type InstallerSignature,
  type Handover,
} from '@cityward/contracts';
import { MINUTE_MS, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { certificateBytes, draftHandover, handoverBytes, handoverInWords, hashOf } from './domain/gate/handover.ts';
import { checkInstaller } from './domain/gate/installer.ts';
import type { CommissioningGate } from './gate.ts';
import type { GateNeeds } from './gate-needs.ts';
import { handoverPdf } from './handover-pdf.ts';
import * as store from './store-gate.ts';

const COMMISSIONING_MAX = 10_000;
/** A draft that was not signed by then is drafted anew: what it says is of that moment. */
const DRAFT_LIFE_MS = 30 * MINUTE_MS;
const NO_PASSKEY = 'sign with the passkey: it is none of yours';

export interface Drafting {
  readonly device: string;
  readonly installer: string;
  readonly company: string | null;
  readonly by: string;
}
/** As it comes from outside: of a passkey only what it answered, since what it is the city knows. */
export type GivenSignature =
  | Extract<InstallerSignature, { alg: 'ed25519' }>
  | Omit<Extract<InstallerSignature, { alg: 'webauthn' }>, 'publicKey' | 'cose' | 'origin' | 'rpId'>;
export interface Signing {
  readonly device: string;
  /** Of what the installer saw and signed. */
  readonly hash: string;
  readonly signature: GivenSignature;
  readonly by: string;
}
export interface HandoverFiles {
  readonly json: Buffer;
  readonly signature: Buffer;
}
export interface Handovers {
  /** Ends access that a kill left open. */
  start(): Promise<void>;
  draft(drafting: Drafting): Promise<Result<HandoverDraft, Refusal>>;
  sign(signing: Signing): Promise<Result<HandoverCard, Refusal>>;
  list(device: string): Promise<readonly HandoverCard[]>;
  files(id: string): Promise<Result<HandoverFiles, Refusal>>;
  /** The same for people; the same certificate gives the same bytes. */
  pdf(id: string): Promise<Result<Buffer, Refusal>>;
}

export function createHandovers(needs: GateNeeds, gate: Pick<CommissioningGate, 'of'>): Handovers {
  const { sql } = needs;
  const files = async (id: string): Promise<Result<HandoverFiles, Refusal>> => {
    const row = await store.handoverById(sql, id);
    if (!row) return refuse('not-found', 'HANDOVER_UNKNOWN', `find certificate "${id}": there is none of that id`);
    return ok({ json: Buffer.from(row.certificate), signature: Buffer.from(row.signature, 'base64') });
  };
  return {
    start: async () => {
      for (const row of await store.unreleased(sql)) await release(needs, row);
    },
    draft: (drafting) => draft(needs, gate, drafting),
    sign: (signing) => sign(needs, gate, signing),
    list: async (device) => (await store.handoversOf(sql, device)).map(cardOf),
    files,
    pdf: async (id) => {
      const found = await files(id);
      return found.ok ? ok(await handoverPdf(found.value)) : found;
    },
  };
}

const cardOf = ({ id, device, hash, at, installer, exceptions }: store.HandoverRow): HandoverCard => ({
  id,
  device,
  hash,
  at,
  installer,
  exceptions,
});

/** What the certificate would say now. */
async function current(
  { ports, clock, cityName }: GateNeeds,
  gate: Pick<CommissioningGate, 'of'>,
  { device, id, installer }: { device: string; id: string; installer: Handover['installer'] },
): Promise<Result<Handover, Refusal>> {
  const shown = await gate.of(device);
  if (!shown.ok) return shown;
  const known = ports.device(device)!;
  const identity = ports.identity(device);
  if (!identity)
    return refuse(
      'conflict',
      'NOT_ENROLLED',
      `hand over "${device}": it has no certificate in force, wanted one that is enrolled`,
    );
  const { place, ...rest } = known;
  const { spiffe, certificate } = identity;
  const parts = { id, city: cityName, device: { ...rest, spiffe, certificate }, place, installer };
  return draftHandover({ ...parts, checks: shown.value.checks }, clock());
}

async function draft(
  needs: GateNeeds,
  gate: Pick<CommissioningGate, 'of'>,
  { device, installer, company, by }: Drafting,
): Promise<Result<HandoverDraft, Refusal>> {
  const made = await current(needs, gate, {
    device,
    id: newId<string>('hnd'),
    installer: { name: installer, company, as: by },
  });
  if (!made.ok) return made;
  const hash = hashOf(handoverBytes(made.value));
  const body = JSON.stringify(made.value);
  await needs.sql.transact((tx) => store.putDraft(tx, { device, hash, body, at: made.value.at, by }));
  return ok({ handover: made.value, hash, words: handoverInWords(made.value) });
}

async function sign(
  needs: GateNeeds,
  gate: Pick<CommissioningGate, 'of'>,
  { device, hash, signature, by }: Signing,
): Promise<Result<HandoverCard, Refusal>> {
  const { sql, clock, ports } = needs;
  const drafted = await store.draftOf(sql, device);
  const at = clock();
  if (!drafted || drafted.hash !== hash || drafted.by !== by || at - drafted.at > DRAFT_LIFE_MS)
    return refuse(
      'conflict',
      'DRAFT_OTHER',
      `hand over "${device}": what was signed is not the newest draft of the last half hour, a new one wanted`,
    );
  const handover = JSON.parse(drafted.body) as Handover;
  // What was green may have changed since it was drafted.
  const still = await current(needs, gate, { device, id: handover.id, installer: handover.installer });
  if (!still.ok) return still;
  if (still.value.device.certificate !== handover.device.certificate)
    return refuse('conflict', 'DRAFT_OTHER', `hand over "${device}": it has a new certificate, a new draft wanted`);
  const whole = wholeSignature(needs, signature, by);
  if (!whole.ok) return whole;
  const checked = checkInstaller(handover, whole.value);
  if (!checked.ok) return checked;
  const certificate: HandoverCertificate = { handover, signature: whole.value };
  const bytes = certificateBytes(certificate);
  const row: store.HandoverRow = {
    id: handover.id,
    device,
    hash: hashOf(bytes),
    certificate: bytes.toString('utf8'),
    signature: Buffer.from(await ports.sign(bytes)).toString('base64'),
    installer: handover.installer.name,
    exceptions: handover.checks.filter(({ state }) => state === 'excepted').length,
    at,
    by,
    void: null,
  };
  await sql.transact(async (tx) => {
    await store.insertHandover(tx, row);
    await store.endCommissioning(tx, device);
    const clauses = handover.clauses.map(({ id }) => id);
    const data = { handover: row.id, hash: row.hash, exceptions: row.exceptions, clauses };
    tx.record({ module: 'fleet', type: 'device.handed-over', actor: by, subject: device, at, data });
  });
  await release(needs, row);
  return ok(cardOf(row));
}

/** Ends what was lent for it; a kill before it is done leaves a row that the next start finds. */
async function release({ sql, ports, clock }: GateNeeds, { id, device, by }: store.HandoverRow): Promise<void> {
  const commissioning = await store.commissioned(sql, COMMISSIONING_MAX);
  const handedOver = async (other: string): Promise<boolean> =>
    (await store.handoversOf(sql, other)).some((one) => one.void === null);
  await ports.handedOver(device, by, { commissioning, handedOver });
  await sql.transact((tx) => store.releaseHandover(tx, id, clock()));
}

function wholeSignature({ ports }: GateNeeds, given: GivenSignature, by: string): Result<InstallerSignature, Refusal> {
  if (given.alg === 'ed25519') return ok(given);
  const passkey = ports.passkey(by, given.key);
  if (!passkey) return refuse('forbidden', 'PASSKEY_UNKNOWN', NO_PASSKEY);
  const { publicKey, cose, origin, rpId } = passkey;
  return ok({ ...given, publicKey, cose, origin, rpId });
}
