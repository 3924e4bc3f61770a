/** Exports: asked for by one officer, released by another, each a fact for everybody whose record is in it. */
import type { Export, ExportBudget, ExportDraft, NewFact, Principal, Traced } from '@cityward/contracts';
import { inTurn, newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { CopyKeeper, CopyRegister } from '../copies/copy.ts';
import { traced } from '../domain/exports/marks.ts';
import { closed, type Gate } from '../gate/gate.ts';
import type { VaultOptions } from '../needs.ts';
import type { Look } from '../viewing/deciding.ts';
import { SEAL_BYTES } from '../keys/aead.ts';
import { BUDGET_PEOPLE_MAX, bookAfter, digestOf, peopleIn, standingIn } from './budget-book.ts';
import { openDataset, PEOPLE_KEY, sealBook, type OpenDataset } from './dataset.ts';
import { changeAt } from '../copies/copy-store.ts';
import { readRecipient, recipientCalled } from '../recipients/recipient-store.ts';
import { faultsOf } from './draft.ts';
import * as store from './export-store.ts';
import { derivedKey, markerOf, matchesOf } from './marker.ts';
import { EXPORT_PEOPLE_MAX, readPeople, stillMay, type People, type ReadingParts } from './people.ts';
import { sealFor } from './sealing.ts';
import { shape, type Shaped } from './shaping.ts';

const MODULE = 'vault';
/** Facts handed to the ledger at a time. */
const FACTS_PER_APPEND = 1_000;

export interface ExportParts extends ReadingParts, Pick<VaultOptions, 'clock' | 'ledger' | 'isPerson'> {
  readonly copies: Pick<CopyRegister, 'register' | 'endOverdue'>;
  readonly gate: Pick<Gate, 'isOpen'>;
}
export interface Exports {
  ask(draft: ExportDraft, by: string): Promise<Result<Export, Refusal>>;
  list(): Promise<readonly Export[]>;
  /** What exports of each category have used up. */
  budgets(): Promise<ExportBudget[]>;
  release(id: string, by: Principal): Promise<Result<Export, Refusal>>;
  /** What was asked for; or what was released, whose file the city then has no more. */
  refuse(id: string, because: { readonly by: string; readonly reason: string }): Promise<Result<Export, Refusal>>;
  /** Those whose time is over, or that were withdrawn: the file is deleted, and whoever has it is asked to. */
  tend(): Promise<void>;
  /** Encrypted to the recipient. */
  file(id: string, by: string): Promise<Result<Buffer, Refusal>>;
  trace(
    finding: { readonly category: string; readonly rows: readonly (readonly string[])[] },
    by: string,
  ): Promise<readonly Traced[]>;
}

export function createExports(parts: ExportParts): Exports {
  const { sql } = parts;
  const oneByOne = inTurn();
  return {
    ask: (draft, by) => ask(parts, draft, by),
    list: () => store.readExports(sql),
    budgets: () => budgets(sql),
    // Each is compared with all before it: two at once would not know of each other.
    release: (id, by) =>
      parts.gate.isOpen ? oneByOne(() => release(parts, id, by)) : Promise.resolve(closed('release an export')),
    refuse: (id, because) => oneByOne(() => turnDown(parts, id, because)),
    tend: () => parts.copies.endOverdue('export'),
    file: (id, by) =>
      parts.gate.isOpen ? file(parts, id, by) : Promise.resolve(closed('fetch the file of an export')),
    trace: (finding, by) => trace(parts, finding, by),
  };
}

/** In tens, as a manifest has what was left out. */
const ROUNDED_TO = 10;
async function budgets(sql: ExportParts['sql']): Promise<ExportBudget[]> {
  return (await store.readBookSizes(sql)).map(({ category, releases, bytes }) => ({
    ...{ category, releases, peopleMax: BUDGET_PEOPLE_MAX },
    people: Math.ceil(peopleIn(Math.max(0, bytes - SEAL_BYTES)) / ROUNDED_TO) * ROUNDED_TO,
  }));
}

const factOf = (
  ...[type, actor, about]: readonly [
    NewFact['type'],
    string,
    { readonly export: string; readonly at: number; readonly data: { readonly [key: string]: Json } },
  ]
): NewFact => ({
  ...{ module: MODULE, type, actor, subject: about.export, at: about.at, data: about.data },
});

async function ask(
  { sql, clock, isPerson }: ExportParts,
  draft: ExportDraft,
  by: string,
): Promise<Result<Export, Refusal>> {
  const at = clock();
  const where = `ask for an export of "${draft.category}" to "${draft.recipient.name}"`;
  const faults = faultsOf(draft, at);
  if (faults.length > 0)
    return {
      ok: false,
      error: { kind: 'invalid', code: 'EXPORT_NOT_VALID', message: `${where}: ${faults[0]!}`, details: faults },
    };
  if (draft.person !== null && !isPerson(draft.person))
    return refuse('not-found', 'PERSON_UNKNOWN', `${where}: wanted a person who may sign in here`);
  if ((await sealFor(draft.recipient.key, Buffer.from('try'), {})) === null)
    return refuse(
      'invalid',
      'EXPORT_KEY_NOT_VALID',
      `${where}: "${draft.recipient.key}" is no key, wanted "age1…" or "hpke:…"`,
    );
  const id = newId<string>('exp');
  await sql.transact(async (tx) => {
    await store.addExport(tx, { id, draft, asked: { at, by } });
    const { category, purpose, recipient, ground, basis } = draft;
    // Whole, as the release below: a vault that is put back knows it from the ledger.
    const data = { category, purpose, recipient: recipient.name, ground, basis, draft: draft as Json };
    tx.record(factOf('export.asked', by, { export: id, at, data }));
  });
  return ok((await store.readExport(sql, id))!);
}

async function release(parts: ExportParts, id: string, principal: Principal): Promise<Result<Export, Refusal>> {
  const where = `release export "${id}"`;
  const asked = await store.readExport(parts.sql, id);
  if (!asked) return refuse('not-found', 'EXPORT_UNKNOWN', `${where}: there is none of that id`);
  if (asked.state !== 'asked')
    return refuse('conflict', 'EXPORT_DECIDED', `${where}: it is ${asked.state}, wanted it asked for`);
  if (asked.asked.by === principal.id)
    return refuse('forbidden', 'EXPORT_BY_ONESELF', `${where}: "${principal.id}" asked for it, wanted another officer`);
  const look = lookFor(asked.draft, principal);
  const people = await readPeople(parts, asked.draft, look);
  if (people === null)
    return refuse('too-large', 'EXPORT_TOO_LARGE', `${where}: wanted at most ${EXPORT_PEOPLE_MAX} people`);
  const dataset = await openDataset(parts, asked.draft.category);
  if (!dataset.ok) return dataset;
  try {
    return await releaseOf(parts, { asked, people, look, principal, ...dataset.value });
  } finally {
    dataset.value.key.key.fill(0);
  }
}

/** Where it rests on consent: as who was let export; else as the officer who releases it. */
const lookFor = ({ purpose, person }: ExportDraft, principal: Principal): Look => ({
  ...{ record: '', purpose, right: 'export' },
  principal: person === null ? principal : { type: 'Person', id: person, roles: [], attributes: {} },
});

interface Releasing extends OpenDataset {
  readonly asked: Export;
  readonly people: People;
  readonly look: Look;
  readonly principal: Principal;
}

async function releaseOf(parts: ExportParts, releasing: Releasing): Promise<Result<Export, Refusal>> {
  const { asked, people, look, principal, dataset, key, book } = releasing;
  const where = `release export "${asked.id}"`;
  const at = parts.clock();
  const byDigest = derivedKey(key.key, PEOPLE_KEY);
  const digests = people.all.map(({ head }) => digestOf(byDigest, head.subject));
  const rank = Float64Array.from(crypto.getRandomValues(new Uint32Array(digests.length)));
  const standing = { ...standingIn(book, digests), rank };
  const shaped = shape({ asked, people, standing, marker: markerOf(key.key, asked.id), at, before: dataset.releases });
  if (!shaped.ok) return shaped;
  const after = bookAfter(book, digests, shaped.value.after);
  if (after.size > BUDGET_PEOPLE_MAX)
    return refuse(
      'conflict',
      'EXPORT_BUDGET_FULL',
      `${where}: wanted at most ${BUDGET_PEOPLE_MAX} people in all exports of it`,
    );
  const { purpose, recipient } = asked.draft;
  const file = await sealFor(recipient.key, shaped.value.plain, {
    export: asked.id,
    purpose,
    recipient: recipient.name,
  });
  shaped.value.plain.fill(0);
  if (file === null) return refuse('invalid', 'EXPORT_KEY_NOT_VALID', `${where}: "${recipient.key}" is no key`);
  await tellEverybody(parts, releasing, { at, classes: shaped.value.classes });
  if (!stillMay(parts, people, look))
    return refuse('conflict', 'EXPORT_CHANGED', `${where}: something was taken back or destroyed meanwhile; try again`);
  return save(parts, releasing, {
    shaped: shaped.value,
    file,
    at,
    book: sealBook(dataset, key, after),
    by: principal.id,
  });
}

/** On disk in the ledger when it resolves: whose record is in it reads so, also where the export then comes to nothing. */
async function tellEverybody(
  { ledger }: ExportParts,
  { asked, people, principal }: Releasing,
  { at, classes }: { readonly at: number; readonly classes: Int32Array },
): Promise<void> {
  const { purpose, recipient, basis } = asked.draft;
  const facts = people.all
    .map((one, row) => ({ ...one, alike: classes[row]!, isIn: people.isIn[row] === 1 }))
    .filter(({ isIn }) => isIn)
    .map(({ head, version, basis: own, alike }) => ({
      ...({
        id: newId<string>('evt'),
        module: MODULE,
        type: 'record.exported',
        actor: principal.id,
        subject: head.subject,
      } as const),
      ...{ at, personal: true },
      data: {
        record: head.id,
        version,
        purpose,
        export: asked.id,
        alike,
        reason: `${recipient.name}: ${basis}`.slice(0, 500),
        ...own?.data,
      },
    }));
  for (let from = 0; from < facts.length; from += FACTS_PER_APPEND)
    await ledger.append(facts.slice(from, from + FACTS_PER_APPEND));
}

interface Saving {
  readonly shaped: Shaped;
  readonly file: Buffer;
  readonly book: Buffer;
  readonly at: number;
  readonly by: string;
}
const COME_FIRST = Symbol('another release came first');
async function save(
  parts: ExportParts,
  { asked, people, dataset }: Releasing,
  saving: Saving,
): Promise<Result<Export, Refusal>> {
  const { id, draft } = asked;
  const { shaped, file, at, by } = saving;
  const { manifest, marks } = shaped;
  const versions = people.all.flatMap(({ head, version }, row) =>
    people.isIn[row] === 1 ? [{ record: head.id, version }] : [],
  );
  try {
    await parts.sql.transact(async (tx) => {
      const isFirst =
        (await store.saveBook(tx, dataset, saving.book)) &&
        (await store.saveReleased(tx, { id, at, by, manifest, marks, file, bytes: file.length }));
      if (!isFirst) throw COME_FIRST;
      await parts.copies.register(
        {
          ...{ ...store.copyAt(id), custodian: draft.recipient.name, basis: draft.basis },
          ...({
            holding: { of: 'versions', versions },
            openedBy: [draft.recipient.key],
            expires: draft.until,
            bytes: file.length,
          } as const),
        },
        tx,
      );
      const { purpose, k, l, shown, leftOut, before } = manifest;
      const said = { purpose, recipient: draft.recipient.name, k, l, shown, leftOut, before, bytes: file.length };
      const data = { ...said, category: draft.category, manifest: manifest as Json, marks: [...marks] };
      tx.record(factOf('export.released', by, { export: id, at, data }));
    });
  } catch (fault) {
    if (fault === COME_FIRST)
      return refuse('conflict', 'EXPORT_CHANGED', `release export "${id}": another was released meanwhile; try again`);
    throw fault;
  }
  return ok((await store.readExport(parts.sql, id))!);
}

async function turnDown(
  { sql, clock }: ExportParts,
  id: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<Result<Export, Refusal>> {
  const where = `refuse export "${id}"`;
  const known = await store.readExport(sql, id);
  if (!known) return refuse('not-found', 'EXPORT_UNKNOWN', `${where}: there is none of that id`);
  const { state } = known;
  if (state !== 'asked' && state !== 'released')
    return refuse('conflict', 'EXPORT_DECIDED', `${where}: it is ${state}, wanted it asked for or released`);
  const at = clock();
  await sql.transact(async (tx) => {
    await store.saveRefused(tx, { id, from: state, at, by, why: reason });
    await changeAt(tx, store.copyAt(id), { expires: at });
    tx.record(factOf('export.refused', by, { export: id, at, data: { was: state, reason } }));
  });
  return ok((await store.readExport(sql, id))!);
}

/** Only for whom the city can ask to delete it again: from then on the copy is that recipient's to answer for. */
async function file({ sql, clock }: ExportParts, id: string, by: string): Promise<Result<Buffer, Refusal>> {
  const where = `fetch the file of export "${id}"`;
  const none = refuse(
    'not-found',
    'EXPORT_NO_FILE',
    `${where}: the city has none, wanted a released export that is kept`,
  );
  const found = await store.readExport(sql, id);
  if (!found?.bytes || found.draft.until <= clock()) return none;
  const { name } = found.draft.recipient;
  const recipient = await recipientCalled(sql, name);
  if (recipient === null)
    return refuse(
      'conflict',
      'EXPORT_RECIPIENT_UNKNOWN',
      `${where}: "${name}" is no recipient with a key here, wanted it registered first: it will be asked to delete its copy`,
    );
  const at = clock();
  const bytes = await sql.transact(async (tx) => {
    const fetched = await store.fetchFile(tx, id, at);
    if (!fetched) return null;
    await changeAt(tx, store.copyAt(id), { custodian: recipient.id });
    const data = { bytes: fetched.length, recipient: recipient.id };
    tx.record(factOf('export.fetched', by, { export: id, at, data }));
    return fetched;
  });
  return bytes ? ok(bytes) : none;
}

async function trace(
  parts: ExportParts,
  { category, rows }: { readonly category: string; readonly rows: readonly (readonly string[])[] },
  by: string,
): Promise<readonly Traced[]> {
  const dataset = await store.readDataset(parts.sql, category);
  const key = dataset ? await parts.keyring.open(dataset.key) : null;
  if (!key?.ok) return [];
  const suspects = (await store.readMarks(parts.sql, category)).map(({ id, recipient, marks }) => {
    const marker = markerOf(key.value, id);
    return { export: id, recipient, ...matchesOf(marker, marks, rows) };
  });
  key.value.fill(0);
  const found = traced(suspects) as Traced[];
  const at = parts.clock();
  await parts.sql.transact((tx) => {
    tx.record(
      factOf('export.traced', by, {
        export: category,
        at,
        data: { rows: rows.length, traced: found.map((one) => one.export) },
      }),
    );
    return Promise.resolve();
  });
  return found;
}

/** The city's file ends with the first record in it that is destroyed; what the recipient has fetched is out of its hands. */
export const exportKeeper = ({
  sql,
  recipients,
}: Pick<ExportParts, 'sql'> & { readonly recipients: { readonly keeper: CopyKeeper } }): CopyKeeper => ({
  look: async ({ place }) => {
    const found = await store.readExport(sql, store.exportAt(place));
    return found?.fetched ? 'unknown' : found?.bytes ? 'held' : 'gone';
  },
  purge: async (copy, versions) => {
    const { place, custodian } = copy;
    if ((await store.dropFile(sql, store.exportAt(place))) === null)
      return { is: 'purged', why: 'the file was deleted before its recipient fetched it' };
    return (await readRecipient(sql, custodian))
      ? recipients.keeper.purge(copy, versions)
      : {
          is: 'beyond',
          why: `${custodian} has it: a table that names nobody, in which nobody can be found to be taken out`,
        };
  },
});
