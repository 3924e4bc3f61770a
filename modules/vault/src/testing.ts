/** A vault for tests over any SQL, decided by the city's own policy, with a ledger that can wait or fail. */
import { readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ConsentDraft,
  DestructionRecord,
  LifeShown,
  NewFact,
  PostRole,
  Principal,
  RecordDraft,
  WeightyChange,
} from '@cityward/contracts';
import { DAY_MS, OperationalFault, type Clock, type Millis, type Refusal, type Result } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import type { Sql } from '@cityward/sql';
import { verifyInclusion } from '@cityward/tlog-tiles';
import { keyContext } from './domain/binding.ts';
import { versionLeaf, versionTree } from './domain/destruction.ts';
import { versionsOfDestruction } from './records/destroying-store.ts';
import { NO_RETENTION } from './domain/retention.ts';
import { openSealedKey } from './keys/keyring.ts';
import type { VaultOptions } from './needs.ts';
import { openRootFile } from './keys/root-file.ts';
import { createVault, type Vault } from './service.ts';
import { decodeSlot, SLOT_BYTES, slotState } from './keys/slot.ts';

export const NOW = Date.UTC(2027, 0, 15);
export const AROHA = 'per-aroha';
export const BEN = 'per-ben';
export const OFFICER = 'per-olive';
/** What the city keeps outside the vault. */
export const DATASETS = [
  {
    ...{ id: 'dat-parking', name: 'Parking', purpose: 'to find free places', fedBy: 'park-1' },
    subjects: [AROHA, 'sub-hemi'],
  },
];
export const SECOND_OFFICER = 'per-omar';
export const [MUM, DAD] = ['per-mum', 'per-dad'] as const;
export const CAT = 'per-cat';
const PEOPLE = new Set([AROHA, BEN, CAT, 'per-dan', OFFICER, SECOND_OFFICER, MUM, DAD]);
export const HARBOUR = 'harbour-clinic';
export const NORTH = 'north-clinic';
/** Where people work: what a test writes in here holds at once. */
export type Posts = Map<string, readonly { readonly organisation: string; readonly role: PostRole }[]>;
/** Where Ben works in tests of emergencies. */
export const CLINIC = HARBOUR;

export const person = (id: string, signedInBy = 'passkey', roles: readonly string[] = []): Principal => ({
  type: 'Person',
  id,
  roles,
  attributes: { signedInBy },
});
const policy = createPolicy({
  log: silentLog,
  onFault: ({ faults }) => {
    throw new Error(`policy: ${faults.join('; ')}`);
  },
});

/** Facts in the order in which they were on disk. */
export class TestLedger {
  readonly facts: NewFact[] = [];
  readonly #ids: string[] = [];
  isFull = false;
  /** Takes facts, and tells nothing. */
  isDeaf = false;
  /** Resolves when the disk does: for what happens meanwhile. */
  disk: () => Promise<void> = () => Promise.resolve();

  readonly append: VaultOptions['ledger']['append'] = async (facts) => {
    await this.disk();
    if (this.isFull) throw new OperationalFault('write the ledger: ENOSPC');
    this.facts.push(...facts);
    this.#ids.push(...facts.map(({ id }) => id));
  };
  readonly bodiesOf: VaultOptions['ledger']['bodiesOf'] = ({ subject, types, limit, ...window }) => {
    if (this.isDeaf) return Promise.reject(new OperationalFault('read the ledger: its index is down'));
    const { before = Infinity, from = -Infinity, to = Infinity } = window;
    return Promise.resolve(
      this.facts
        .map((body, entry) => ({ entry, body }))
        .filter(({ entry, body }) => entry < before && body.subject === subject && types.includes(body.type))
        .filter(({ body: { at } }) => at >= from && at <= to)
        .reverse()
        .slice(0, limit),
    );
  };
  readonly mentions: VaultOptions['ledger']['mentions'] = ({ types, actors, from, to, prefix }) => {
    const about = this.facts
      .filter(({ type, at }) => types.includes(type) && at >= from && at <= to)
      .filter(({ actor }) => actors === null || actors.includes(actor));
    const all = about.flatMap(({ type, subject, data }) =>
      Object.values(data).flatMap((value) =>
        typeof value === 'string' && value.startsWith(prefix) ? [{ type, subject, mention: value }] : [],
      ),
    );
    return Promise.resolve([...new Map(all.map((one) => [JSON.stringify(one), one])).values()]);
  };
  /** Names the entries; what a real one holds is the ledger's to show. */
  readonly packOf: VaultOptions['ledger']['packOf'] = ({ subject, entries }, actor) =>
    Promise.resolve(entries.length === 0 ? null : Buffer.from(JSON.stringify({ subject, entries, actor })));

  readonly standing = () => ({ origin: 'test.example/ledger', size: this.facts.length, checkpoint: '' });
  readonly rootOf: VaultOptions['ledger']['rootOf'] = () => Promise.resolve('');
  readonly entryOf: VaultOptions['ledger']['entryOf'] = (id) => Promise.resolve(this.#ids.indexOf(id));
  readonly witnesses: VaultOptions['ledger']['witnesses'] = () => [];
  readonly onWitness: VaultOptions['ledger']['onWitness'] = () => () => undefined;
  readonly scan: VaultOptions['ledger']['scan'] = (from, visit) => {
    visit(this.facts.map((body, entry) => ({ entry, body })).slice(from));
    return Promise.resolve(this.facts.length);
  };
  /** Nothing is proven here; where a test needs it, a real ledger stands in its place. */
  readonly exhibit: VaultOptions['ledger']['exhibit'] = () => Promise.resolve(null);
  of(type: NewFact['type']): NewFact[] {
    return this.facts.filter((fact) => fact.type === type);
  }
}

const UNKNOWN = { manufacturer: '', model: '', serial: '', property: '', type: 'test', source: '' };
/** A city that signs nothing. */
export const testDestruction: VaultOptions['destruction'] = {
  cityName: 'Port Test',
  tool: 'Cityward test',
  office: { location: 'Port Test', contact: 'records@port.test' },
  medium: () => Promise.resolve(UNKNOWN),
  sign: () => Promise.reject(new Error('sign: there is no city here')),
  passkey: () => null,
  backupLifeMs: () => 0,
};

const testDatasets: VaultOptions['datasets'] = {
  all: () => DATASETS.map(({ id, name, purpose, subjects }) => ({ id, name, purpose, people: subjects.length })),
  behind: (devices) => DATASETS.filter(({ fedBy }) => devices.includes(fedBy)).map(({ id }) => id),
  named: (id) => DATASETS.find((one) => one.id === id) ?? null,
};

export interface TestVault {
  readonly vault: Vault;
  readonly ledger: TestLedger;
  readonly clock: { now: number };
  readonly posts: Posts;
  readonly alarms: readonly string[];
}
type TestOptions = Partial<
  Pick<
    VaultOptions,
    | 'may'
    | 'principalNow'
    | 'keyHolder'
    | 'viewsPerPersonMax'
    | 'openSlotFile'
    | 'openJournalFile'
    | 'beforeJournalStep'
    | 'settleAbove'
    | 'takeoutPartMaxBytes'
    | 'retention'
    | 'destruction'
    | 'processes'
    | 'endPosts'
    | 'sendToRecipient'
    | 'openArchive'
    | 'passkeyAtPortal'
  >
> & {
  ledger?: TestLedger;
  posts?: Posts;
};
export function testVault(sql: Sql, folder: string, options: TestOptions = {}): TestVault {
  const { ledger = new TestLedger(), posts = new Map(), ...more } = options;
  const clock = { now: NOW };
  const alarms: string[] = [];
  const read: Clock = () => clock.now as Millis;
  const vault = createVault({
    sql,
    clock: read,
    zone: 'Pacific/Auckland',
    log: silentLog,
    keyFolder: join(folder, 'keys'),
    journalFolder: join(folder, 'journal'),
    ledger,
    datasets: testDatasets,
    may: (principal, action, resource) =>
      policy.decide(principal, action, resource).allow
        ? { ok: true, value: undefined }
        : { ok: false, error: { kind: 'forbidden', code: 'NOT_ALLOWED', message: action } },
    // As `openDoor` knows them: by the id before the dot.
    principalNow: (token) => person(token.split('.')[0]!),
    isPerson: (id) => PEOPLE.has(id),
    isOrganisation: (id) => id === HARBOUR || id === NORTH,
    postsOf: (id) => posts.get(id) ?? [],
    nameOf: (id) => (id === HARBOUR ? 'Harbour Clinic' : null),
    alarm: (who, words) => void alarms.push(`${who} ${words}`),
    passkeyAtPortal: () => null,
    retention: NO_RETENTION,
    destruction: testDestruction,
    // What several agree on has tests of its own, in nodes/: theirs is no clock that a test sets.
    processes: 'one',
    ...more,
  });
  return { vault, ledger, clock, posts, alarms };
}

export const TEXT = 'HbA1c 41 mmol/mol for 4711-canary';
export const recordOf = (text = TEXT, change: Partial<RecordDraft> = {}): RecordDraft => ({
  subject: AROHA,
  category: 'blood-tests',
  media: 'application/fhir+json',
  content: Buffer.from(JSON.stringify({ resourceType: 'Observation', text })).toString('base64'),
  ...change,
});
export const consentTo = (who: string, change: Partial<ConsentDraft> = {}): ConsentDraft => ({
  subject: AROHA,
  person: who,
  scope: { of: 'categories', categories: ['blood-tests'] },
  rights: ['view', 'text'],
  purpose: 'TREAT',
  from: NOW,
  until: NOW + 30 * DAY_MS,
  uses: null,
  refrains: ['NOPERSISTP'],
  ...change,
});

export const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
export const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'done' : result.error.code);

/** Recorded by one officer with its document, and confirmed by another. */
export async function recordLife(vault: Vault, change: WeightyChange, subject = AROHA): Promise<LifeShown> {
  const document = must(await vault.put(recordOf('a certificate', { subject, category: 'papers' }), OFFICER)).record;
  const { id } = must(await vault.people.lives.propose(subject, { change, document }, OFFICER));
  return must(await vault.people.lives.confirm(id, SECOND_OFFICER));
}
/** Aroha as a child who turns sixteen on 4 April 2027, and her guardians. */
export async function asChild(vault: Vault, guardians: readonly string[] = [MUM]): Promise<LifeShown> {
  let shown = await recordLife(vault, { do: 'minor', born: '2011-04-04' });
  for (const person of guardians)
    shown = await recordLife(vault, { do: 'appoint', person, as: 'guardian', until: null });
  return shown;
}

/** Every key of a vault in the clear, the root's among them: to look for where none may be. */
export async function keysInTheClear(keyFolder: string): Promise<Buffer[]> {
  const root = await openRootFile(join(keyFolder, 'root.key'));
  const bytes = readFileSync(join(keyFolder, 'slots'));
  const keys = new Map<string, Buffer>();
  const slots = [];
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES)
    if (slotState(bytes, at) === 'live') slots.push(decodeSlot(bytes, at));
  for (const role of ['subject', 'category', 'record'] as const)
    for (const slot of slots.filter((one) => one.role === role)) {
      const parent = keys.get(slot.parent.toString('hex'));
      const context = keyContext(slot);
      const key = parent ? openSealedKey(parent, slot, context) : await root.unwrap(slot, context);
      if (key) keys.set(slot.id.toString('hex'), key);
    }
  return [...keys.values(), readFileSync(join(keyFolder, 'root.key')).subarray(-32)];
}

/** A file whose writes wait, or fail, as the test says. */
export function watchedFile(
  open: (path: string) => Promise<FileHandle>,
  before: (call: 'append' | 'datasync') => Promise<void>,
): (path: string) => Promise<FileHandle> {
  return async (path) => {
    const handle = await open(path);
    const append = handle.appendFile.bind(handle);
    const datasync = handle.datasync.bind(handle);
    handle.appendFile = async (data) => {
      await before('append');
      await append(data);
    };
    handle.datasync = async () => {
      await before('datasync');
      await datasync();
    };
    return handle;
  };
}

/** For measuring: the decision alone, over as many grants as are put into the book. */
export { judge, ownRecord, type DecidingParts } from './viewing/deciding.ts';
export { byConsent } from './consents/by-consent.ts';
export { destroyedBar } from './records/destroying.ts';
export { GrantBook } from './consents/grant-book.ts';

/** For measuring: makes the proof of every version of a destruction and verifies it. Answers how many hold. */
export async function verifyEvery(sql: Sql, destruction: string, record: DestructionRecord): Promise<number> {
  const versions = await versionsOfDestruction(sql, destruction);
  const tree = versionTree(versions);
  const root = Buffer.from(record.versions.root, 'hex');
  let hold = 0;
  for (const [index, version] of versions.entries()) {
    const proof = tree.proofOf(index);
    if (verifyInclusion({ leafHash: versionLeaf(version), index, size: versions.length, root, proof })) hold++;
  }
  return hold;
}
/** A city that signs, for those who check what it signed. */
export { destructionRecord, testCity, VERSIONS, type TestCity } from './life/testing-certificate.ts';
export { receiptOf } from './domain/receipt.ts';
export { testRecipient } from './recipients/testing-recipient.ts';
/** What is written as FHIR, for a library that is not ours. */
export { bundleOf } from './domain/takeout/bundle.ts';
export { consentToFhir } from './domain/fhir/consent-out.ts';
export { retentionLaw } from './law/classes.ts';
