/** What SQL and the ledger are told of a consent that is given, handed on or taken back, its receipt among it. */
import type { Tx } from '@cityward/sql';
import { addNotice } from '../notices/notices.ts';
import type { WriteReceipt } from '../receipts/receipts.ts';
import * as store from './consent-store.ts';
import type { StoredConsent } from './consent-store.ts';

const MODULE = 'vault';

export interface Taken {
  readonly id: string;
  readonly at: number;
  readonly by: string;
}

export async function recordGiven(tx: Tx, consent: StoredConsent, write: WriteReceipt): Promise<void> {
  const { id, subject, grantee, purpose, until, uses, parent } = consent.grant;
  const { at, by: actor } = consent.given;
  const did = parent === null ? 'given' : 'handed-on';
  await store.addConsent(tx, consent);
  const receipt = write(consent, did);
  const told = { consent: id, ...grantee, purpose, until, uses, receipt: receipt.hash };
  const shared = { module: MODULE, actor, subject, at, personal: true } as const;
  const fact =
    parent === null
      ? tx.record({ ...shared, type: 'consent.given', data: { ...told, behalf: actor !== subject } })
      : tx.record({ ...shared, type: 'consent.handed-on', data: { ...told, parent } });
  await receipt.keep(tx, fact);
  await tellOfBehalf(tx, { subject, id, did, at, by: actor });
}

/** Once: what SQL has as taken back already, or never had, tells nothing. */
export async function recordTaken(tx: Tx, taken: Taken, write: WriteReceipt): Promise<void> {
  const { id, at, by } = taken;
  const consent = await store.markTakenBack(tx, taken);
  if (consent === null) return;
  const { subject } = consent.grant;
  const receipt = write(consent, 'taken-back');
  const data = { consent: id, behalf: by !== subject, receipt: receipt.hash };
  const fact = tx.record({ module: MODULE, type: 'consent.taken-back', actor: by, subject, at, personal: true, data });
  await receipt.keep(tx, fact);
  await tellOfBehalf(tx, { ...taken, subject, did: 'taken-back' });
}

interface Behalf extends Taken {
  readonly subject: string;
  readonly did: 'given' | 'handed-on' | 'taken-back';
}
/** Whoever did it for somebody, that person hears of it. */
async function tellOfBehalf(tx: Tx, { subject, id, did, at, by }: Behalf): Promise<void> {
  if (by !== subject) await addNotice(tx, { subject, kind: 'represented', at, about: { consent: id, did, by }, by });
}
