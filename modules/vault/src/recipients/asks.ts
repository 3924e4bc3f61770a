/** When a recipient is asked, reminded, and given up on; and what that makes of the copy it has. */
import {
  REQUEST_VERSIONS_MAX,
  type RecipientReceipt,
  type RecipientRequest,
  type SignedReceipt,
} from '@cityward/contracts';
import { newId } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { Copy, CopyKeeper, Outcome, VersionRef } from '../copies/copy.ts';
import { ANSWER_WITHIN_MS, answerInWords, overdue, requestBytes } from '../domain/recipient.ts';
import { heldIn } from '../copies/copy-store.ts';
import { addNotice } from '../notices/notices.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './recipient-store.ts';
import type { RequestRow } from './recipient-store.ts';
import type { RecipientParts } from './recipients.ts';

const MODULE = 'vault';
const PER_ROUND = 200;

export interface Asks {
  readonly keeper: CopyKeeper;
  /** Asks about copies whose consent was taken back. */
  askForTakenBack(): Promise<void>;
  remind(): Promise<void>;
}

export function createAsks(parts: RecipientParts): Asks {
  return {
    keeper: {
      look: () => Promise.resolve('unknown'),
      purge: (copy, versions) => purge(parts, copy, versions),
    },
    askForTakenBack: () => askForTakenBack(parts),
    remind: () => remind(parts),
  };
}

interface Asked extends Pick<RequestRow, 'recipient' | 'subject' | 'copy' | 'ask'> {
  readonly place: string;
  readonly consent: string | null;
  readonly versions: readonly VersionRef[];
}
async function ask(tx: Tx, { clock, needs }: RecipientParts, asked: Asked): Promise<void> {
  const { recipient, subject, copy, ask: what, consent, place } = asked;
  const at = clock();
  const id = newId<string>('rrq');
  const versions = asked.versions.map(({ record, version }) => ({ record, version }));
  const request: RecipientRequest = {
    ...({ kind: 'cityward-recipient-request', version: 1, id, city: needs.cityName, recipient } as const),
    ...{ ask: what, consent, place, versions, at, answerBy: at + ANSWER_WITHIN_MS },
  };
  const bytes = requestBytes(request);
  const signature = Buffer.from(await needs.sign(bytes)).toString('base64');
  const url = (await store.readRecipient(tx, recipient))?.url ?? null;
  const isAdded = await store.addRequest(tx, {
    ...{ id, recipient, subject, copy, ask: what, at, answer_by: request.answerBy, request: bytes.toString('utf8') },
    ...{ signature, versions: versions.length, state: 'asked', next_try: url === null ? null : at },
  });
  if (!isAdded) return;
  const data = { request: id, recipient, ask: what, copy, consent, versions: versions.length };
  tx.record({ module: MODULE, type: 'recipient.asked', actor: 'system', subject, at, personal: true, data });
}

async function askForTakenBack(parts: RecipientParts): Promise<void> {
  for (const { copy, ...about } of await store.takenBack(parts.sql, PER_ROUND))
    await parts.sql.transact(async (tx) => {
      const versions = await heldIn(tx, copy, REQUEST_VERSIONS_MAX);
      if (versions.length > 0) await ask(tx, parts, { ...about, copy, ask: 'revoke', versions });
    });
}

const nameOf = ({ record, version }: VersionRef): string => `${record} ${version}`;
const versionsIn = ({ request }: RequestRow): readonly VersionRef[] =>
  (JSON.parse(request) as RecipientRequest).versions;

/** Asks about what nobody asked about; answers how far the furthest behind of them is. */
async function purge(parts: RecipientParts, copy: Copy, versions: readonly VersionRef[]): Promise<Outcome> {
  return parts.sql.transact(async (tx) => {
    const rows = await store.requestsOfCopy(tx, copy.id);
    const asks = rows.filter(({ ask: what, state }) => what === 'delete' || state === 'deleted');
    const latest = new Map(asks.flatMap((row) => versionsIn(row).map((one) => [nameOf(one), row] as const)));
    const missing = versions.filter((one) => !latest.has(nameOf(one)));
    for (const some of someAtATime(missing, REQUEST_VERSIONS_MAX)) {
      const subject = await store.subjectOf(tx, some);
      const about = { recipient: copy.custodian, place: copy.place, copy: copy.id, subject, consent: null };
      await ask(tx, parts, { ...about, ask: 'delete', versions: some });
    }
    if (missing.length > 0) return { is: 'asked', why: `${copy.custodian} is asked to delete it` };
    const answers = [...new Set(versions.map((one) => latest.get(nameOf(one))!))];
    return answers.map(outcomeOf).reduce((worst, one) => (RANK[one.is] > RANK[worst.is] ? one : worst));
  });
}
const RANK: Readonly<Record<Outcome['is'], number>> = { purged: 0, unreadable: 1, beyond: 2, pending: 3, asked: 4 };

function outcomeOf({ state, recipient, at, receipt }: RequestRow): Outcome {
  const answer: RecipientReceipt | null = receipt === null ? null : (JSON.parse(receipt) as SignedReceipt).receipt;
  const why = answerInWords(state, { recipient, at, because: answer?.because ?? null });
  if (state === 'deleted') return { is: 'purged', why };
  return { is: state === 'kept' || state === 'silent' ? 'beyond' : 'asked', why };
}

/** By the clock: reminded, then the officers and the person are told that it does not answer. */
async function remind(parts: RecipientParts): Promise<void> {
  const { sql, clock, alarm } = parts;
  const now = clock();
  const before = { asked: now - ANSWER_WITHIN_MS, reminded: now - 2 * ANSWER_WITHIN_MS };
  for (const row of await store.overdueRequests(sql, before, PER_ROUND)) {
    const to = overdue(row, now);
    if (to === null) continue;
    const { id, recipient, subject, state: from, ask: what } = row;
    const isNew = await sql.transact(async (tx) => {
      if (!(await store.saveState(tx, { id, from, to }))) return false;
      const data = { request: id, recipient, ask: what };
      tx.record({
        ...({ module: MODULE, type: `recipient.${to}`, actor: 'system' } as const),
        ...{ subject, at: now, personal: true, data },
      });
      const url = (await store.readRecipient(tx, recipient))?.url ?? null;
      if (url !== null) await store.saveTry(tx, { ...row, next_try: now });
      const about = { request: id, recipient, asked: row.at };
      if (to === 'silent' && subject !== store.NOBODY)
        await addNotice(tx, { subject, kind: 'copy-not-ended', at: now, about, by: 'system' });
      return true;
    });
    if (isNew && to === 'silent')
      alarm(recipient, `does not answer request ${id} to ${what} copies; a certificate names it as excluded`);
  }
}
