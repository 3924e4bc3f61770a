/** Whoever has copies outside the city: asked to delete them when they are destroyed here, or when what let them have them is taken back. */
import {
  RECIPIENTS_MAX,
  REQUEST_VERSIONS_MAX,
  type Recipient,
  type RecipientDraft,
  type RecipientListed,
  type RecipientRequestFile,
  type RecipientRequestShown,
  type RecipientRequestState,
  type RecipientRequest,
  type SignedReceipt,
} from '@cityward/contracts';
import { inTurn, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { CopyRegister } from '../copies/copy.ts';
import { settle } from '../copies/copy-store.ts';
import { receiptFault, recipientKey } from '../domain/recipient.ts';
import type { DestructionNeeds, SendToRecipient, VaultOptions } from '../needs.ts';
import { createAsks, type Asks } from './asks.ts';
import { createCourier } from './courier.ts';
import * as store from './recipient-store.ts';

const MODULE = 'vault';

export interface RecipientParts extends Pick<VaultOptions, 'sql' | 'clock' | 'alarm'> {
  readonly log: Log;
  readonly copies: Pick<CopyRegister, 'register'>;
  readonly needs: Pick<DestructionNeeds, 'cityName' | 'sign'>;
  /** Without it nothing is sent: officers do it by hand. */
  readonly send?: SendToRecipient;
}
export interface Recipients extends Pick<Asks, 'keeper'> {
  list(): Promise<readonly RecipientListed[]>;
  keep(draft: RecipientDraft, by: string): Promise<Result<Recipient, Refusal>>;
  note(
    recipient: string,
    noted: { readonly records: readonly string[]; readonly basis: string; readonly by: string },
  ): Promise<Result<{ copy: string; versions: number }, Refusal>>;
  requests(state?: RecipientRequestState): Promise<RecipientRequestShown[]>;
  file(id: string): Promise<Result<RecipientRequestFile, Refusal>>;
  take(id: string, receipt: SignedReceipt, by: string): Promise<Result<RecipientRequestShown, Refusal>>;
  /** Asks, sends, reminds; what is due by time alone. */
  tend(): Promise<void>;
}

export function createRecipients(parts: RecipientParts): Recipients {
  const { sql } = parts;
  const turn = inTurn();
  const asks = createAsks(parts);
  const take: Recipients['take'] = (...given) => takeReceipt(parts, given);
  const courier = createCourier(parts, (id, receipt) => take(id, receipt, 'system'));
  return {
    keeper: asks.keeper,
    list: () => store.recipientsListed(sql),
    keep: (draft, by) => turn(() => keep(parts, draft, by)),
    note: (recipient, noted) => note(parts, recipient, noted),
    requests: async (state) => (await store.listRequests(sql, state)).map(store.shownOf),
    file: async (id) => {
      const row = await store.readRequest(sql, id);
      return row ? ok(fileOf(row)) : unknown(`hand request "${id}" out`);
    },
    take,
    tend: () =>
      turn(async () => {
        await asks.askForTakenBack();
        await courier.send();
        await asks.remind();
      }),
  };
}

export const fileOf = (row: store.RequestRow): RecipientRequestFile => ({
  request: JSON.parse(row.request) as RecipientRequest,
  signature: row.signature,
});
const unknown = (where: string): Result<never, Refusal> =>
  refuse('not-found', 'RECIPIENT_REQUEST_UNKNOWN', `${where}: there is none of that id`);

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isSafe && username === '' && password === '' && hash === '';
}

async function keep(
  { sql, clock }: RecipientParts,
  draft: RecipientDraft,
  by: string,
): Promise<Result<Recipient, Refusal>> {
  const where = `register recipient "${draft.id}"`;
  if (!recipientKey(draft.publicKey))
    return refuse(
      'invalid',
      'RECIPIENT_KEY_NOT_VALID',
      `${where}: its key is none, wanted a public key of Ed25519 or P-256, PEM`,
    );
  if (draft.url !== null && !isAddress(draft.url))
    return refuse(
      'invalid',
      'RECIPIENT_ADDRESS_NOT_VALID',
      `${where}: "${draft.url}" is no address, wanted https:// (http:// on this machine only)`,
    );
  const all = await store.listRecipients(sql);
  if (all.length >= RECIPIENTS_MAX && !all.some(({ id }) => id === draft.id))
    return refuse('conflict', 'RECIPIENTS_FULL', `${where}: wanted at most ${RECIPIENTS_MAX}`);
  const recipient: Recipient = { ...draft, by, at: clock() };
  await sql.transact(async (tx) => {
    await store.saveRecipient(tx, recipient);
    await store.sendAgain(tx, draft.id, draft.url === null ? null : recipient.at);
    const data = { name: draft.name, url: draft.url, publicKey: draft.publicKey };
    tx.record({ module: MODULE, type: 'recipient.registered', actor: by, subject: draft.id, at: recipient.at, data });
  });
  return ok(recipient);
}

async function note(
  { sql, clock, copies }: RecipientParts,
  recipient: string,
  { records, basis, by }: { readonly records: readonly string[]; readonly basis: string; readonly by: string },
): Promise<Result<{ copy: string; versions: number }, Refusal>> {
  const where = `note what "${recipient}" has`;
  if (!(await store.readRecipient(sql, recipient)))
    return refuse('not-found', 'RECIPIENT_UNKNOWN', `${where}: there is none of that id, wanted one with a key`);
  const versions = await store.versionsOf(sql, records);
  const found = new Set(versions.map(({ record }) => record));
  const missing = records.find((id) => !found.has(id));
  if (missing !== undefined)
    return refuse('not-found', 'RECORD_UNKNOWN', `${where}: there is no record "${missing}" that is not destroyed`);
  if (new Set(versions.map(({ subject }) => subject)).size > 1)
    return refuse('invalid', 'RECORDS_OF_SEVERAL', `${where}: wanted records of one person at a time`);
  if (versions.length > REQUEST_VERSIONS_MAX)
    return refuse('too-large', 'COPY_TOO_LARGE', `${where}: wanted at most ${REQUEST_VERSIONS_MAX} versions at a time`);
  const at = clock();
  const copy = await sql.transact(async (tx) => {
    const holding = { of: 'versions', versions } as const;
    const place = `recipient:${recipient}/noted-${at}`;
    const row = {
      kind: 'recipient',
      place,
      custodian: recipient,
      basis,
      holding,
      openedBy: [],
      expires: null,
    } as const;
    const id = await copies.register(row, tx);
    const data = { copy: id, recipient, reason: basis, records: records.length };
    const { subject } = versions[0]!;
    tx.record({ module: MODULE, type: 'copy.noted', actor: by, subject, at, personal: true, data });
    return id;
  });
  return ok({ copy, versions: versions.length });
}

/** Counts by its signature: by whom it was brought is written down and gives it no weight. */
async function takeReceipt(
  { sql, clock }: RecipientParts,
  [id, signed, by]: Parameters<Recipients['take']>,
): Promise<Result<RecipientRequestShown, Refusal>> {
  const where = `take the answer to request "${id}"`;
  const row = await store.readRequest(sql, id);
  if (!row) return unknown(where);
  const answered = refuse('conflict', 'REQUEST_ANSWERED', `${where}: it is answered, wanted one that waits`);
  if (row.receipt !== null) return answered;
  const recipient = await store.readRecipient(sql, row.recipient);
  const key = recipient && recipientKey(recipient.publicKey);
  if (!key)
    return refuse(
      'not-found',
      'RECIPIENT_UNKNOWN',
      `${where}: "${row.recipient}" has no key here, wanted it registered first`,
    );
  const now = clock();
  const { request } = fileOf(row);
  const fault = receiptFault(signed, { request, key, now });
  if (fault !== null) return refuse('forbidden', 'RECEIPT_NOT_VALID', `${where}: ${fault}`);
  const { did, because } = signed.receipt;
  const isSaved = await sql.transact(async (tx) => {
    if (!(await store.saveReceipt(tx, { id, state: did, receipt: JSON.stringify(signed), at: now }))) return false;
    // What a destruction waits for it asks about itself; the rest ends here.
    if (did === 'deleted') {
      const versions = await store.notAskedFor(tx, row.copy, request.versions);
      const why = `${row.recipient} signed that it is deleted`;
      await settle(tx, { copy: row.copy, versions, outcome: { is: 'purged', why }, at: now });
    }
    const data = { request: id, recipient: row.recipient, did, reason: because, copy: row.copy };
    const { subject } = row;
    tx.record({ module: MODULE, type: 'recipient.answered', actor: by, subject, at: now, personal: true, data });
    return true;
  });
  return isSaved ? ok(store.shownOf((await store.readRequest(sql, id))!)) : answered;
}
