/** What came after a backup and is in the ledger comes back with it; what lay in the archive comes back from the backup itself. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AccessRequestDraft, RequestDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { openObjects } from '@cityward/objects';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { WORDS_LOST } from '../asking/replay.ts';
import { retentionLaw } from '../law/classes.ts';
import { noticesOf } from '../notices/notices.ts';
import {
  AROHA,
  BEN,
  CAT,
  codeOf,
  consentTo,
  HARBOUR,
  must,
  NORTH,
  NOW,
  OFFICER,
  person,
  recordOf,
  testDestruction,
  TEXT,
  type Posts,
} from '../testing.ts';
import { backUp, openSite, type Site, type SiteOptions } from '../testing-disaster.ts';

let sql: TestSql;
let folder: string;
let site: Site | null;
beforeAll(async () => {
  sql = await openTestSql();
}, 120_000);
afterAll(() => sql.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-since-'));
  site = null;
});
afterEach(async () => {
  await site?.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});
/** By two officers, as the server would check them. */
const opening: NonNullable<SiteOptions['opening']> = {
  city: 'Test',
  check: () => ({ ok: true, value: ['ann', 'bob'] }),
};
async function opened(options: Partial<SiteOptions> = {}): Promise<Site> {
  await site?.stop();
  return (site = await openSite({ sql, folder, opening, ...options }));
}
async function restored({ vault }: Site, from: string) {
  const done = must(await vault.custody.restore({ folder: from, keysFrom: null, reason: 'a fire', by: OFFICER }));
  must(await vault.custody.open(must(await vault.custody.opening()), []));
  return done;
}

const posts: Posts = new Map([
  [BEN, [{ organisation: HARBOUR, role: 'doctor' }]],
  [CAT, [{ organisation: NORTH, role: 'nurse' }]],
]);
const DRAFT: RequestDraft = { subject: AROHA, kind: 'access', regime: 'nz', words: 'Everything, 4711-canary' };
const ASKED: AccessRequestDraft = {
  ...{ subject: AROHA, scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['view'], purpose: 'TREAT' },
  ...{ days: 10, why: 'You are booked with me on Monday' },
};
const GRANTED = { outcome: 'granted', clauses: [], words: 'It is all in the export.' } as const;

it('requests with their clocks, what people were told, who asks to see, and whose mark is whose', async () => {
  const at = await opened({ posts });
  const { requests } = at.vault.people;
  const { record } = must(await at.vault.put(recordOf(), OFFICER));
  must(await at.vault.give(consentTo(BEN, { rights: ['view'] }), AROHA));
  const [before, unanswered] = [must(await requests.make(DRAFT, AROHA)), must(await requests.make(DRAFT, AROHA))];
  const early = must(await at.vault.asking.ask(ASKED, BEN));
  const made = await backUp(at, folder);

  at.clock.now = NOW + DAY_MS;
  const since = [];
  for (let i = 0; i < 4; i++) since.push(must(await requests.make({ ...DRAFT, kind: 'correction' }, AROHA)).id);
  const [answered, extended, withdrawn, waiting] = since as [string, string, string, string];
  for (const id of [before.id, answered]) must(await requests.answer(id, GRANTED, OFFICER));
  const until = before.due + 5 * DAY_MS;
  must(await requests.extend(extended, { clause: 'nz-pa-65', until, words: 'Much to look through.' }, OFFICER));
  must(await requests.withdraw(withdrawn, AROHA));
  must(await at.vault.asking.answer(early.id, { answer: 'decline' }, AROHA));
  const late = must(await at.vault.asking.ask({ ...ASKED, days: 3 }, CAT));
  const look = { record, purpose: 'TREAT', principal: person(BEN) } as const;
  const { jpeg } = must(await at.vault.picture({ look, page: 1, session: 'ses-ben' }));
  await at.drained();
  const all = async () => ({
    requests: (await requestsOf(at)).sort((a, b) => a.id.localeCompare(b.id)),
    notices: (await noticesOf(sql, AROHA, at.clock.now)).sort((a, b) => a.id.localeCompare(b.id)),
    asked: await at.vault.asking.about(AROHA),
  });
  const known = await all();

  await restored(at, made);
  expect(await all()).toEqual({
    ...known,
    asked: known.asked.map((one) => (one.id === late.id ? { ...one, why: WORDS_LOST } : one)),
  });
  expect(known.notices.length).toBeGreaterThan(8);
  const left = await at.vault.people.requests.waiting();
  expect(left.map(({ id, due }) => [id, due]).sort()).toEqual(
    [
      [unanswered.id, unanswered.due],
      [extended, until],
      [waiting, left.find(({ id }) => id === waiting)!.due],
    ].sort(),
  );
  expect(codeOf(await at.vault.people.requests.answer(before.id, GRANTED, OFFICER))).toBe('REQUEST_OVER');
  expect(codeOf(await at.vault.asking.answer(early.id, { answer: 'decline' }, AROHA))).toBe('REQUEST_UNKNOWN');
  const [copy, ...more] = must(await at.vault.trace(jpeg, OFFICER)).copies;
  expect([copy, more]).toEqual([
    expect.objectContaining({ session: 'ses-ben', person: BEN, record, subject: AROHA }),
    [],
  ]);
  // A start that goes on where it stopped brings nothing back a second time.
  const again = await opened({ posts, now: at.clock.now });
  expect(again.vault.status().broughtBack).toBe(0);
  must(await again.vault.asking.answer(late.id, { answer: 'decline' }, AROHA));
}, 120_000);
const requestsOf = ({ vault }: Site) => vault.people.requests.of(AROHA);

it('what lay in the archive, to whoever lost all of it; what was missing before is named', async () => {
  const OLD = NOW + 3 * 366 * DAY_MS;
  const place = join(folder, 'archive');
  const openArchive = () => openObjects({ folder: place });
  const destruction = { ...testDestruction, sign: () => Promise.resolve(Buffer.from('the city')) };
  const law = await opened({ retention: retentionLaw(), openArchive, destruction });
  const records: string[] = [];
  for (const text of [TEXT, 'lost before', 'destroyed since'])
    records.push(must(await law.vault.put(recordOf(text), OFFICER)).record);
  const [kept, lost, destroyed] = records as [string, string, string];
  law.clock.now = OLD;
  expect(await law.vault.archive().tend()).toBe(3);
  const hashes = await sql
    .for<{ 'vault.version': { record: string; archived: string } }>()
    .selectFrom('vault.version')
    .select(['record', 'archived'])
    .execute();
  const hashOf = (id: string): string => hashes.find(({ record }) => record === id)!.archived;

  const at = await opened({ openArchive, destruction, now: OLD });
  await (await openArchive()).delete(hashOf(lost));
  const made = must(await at.vault.custody.backUp({ folder, keysTo: null, by: OFFICER }));
  expect(made.archive).toEqual({ objects: 2, missing: 1 });
  must(await at.vault.destroy(destroyed, { by: OFFICER, reason: 'asked for' }));
  await at.drained();
  expect(await (await openArchive()).list()).toEqual([hashOf(kept)]);
  const left = async () =>
    (await at.vault.desk().destructions.list('copies-left')).flatMap(({ left: copies }) =>
      copies.map(({ kind, outcome }) => `${kind} ${outcome}`),
    );
  expect(await left()).toEqual(['backup pending']);

  for (const shelf of readdirSync(place)) rmSync(join(place, shelf), { recursive: true });
  const done = await restored(at, made.folder);
  expect(done.archive).toEqual({ objects: 3, missing: 1, records: [lost] });
  const seen = async (record: string): Promise<string> => {
    const look = { record, purpose: 'PATRQT', right: 'text', principal: person(AROHA) } as const;
    const answer = await at.vault.view(look);
    return answer.ok ? (JSON.parse(answer.value.content.toString()) as { text: string }).text : codeOf(answer);
  };
  expect([await seen(kept), await seen(lost), await seen(destroyed)]).toEqual([
    TEXT,
    'ARCHIVE_MISSING',
    'RECORD_DESTROYED',
  ]);
  // Destroyed since the backup: its object, put back with it, goes again, and the certificate waits for the backup.
  await at.vault.desk().tend();
  expect(await (await openArchive()).list()).toEqual([hashOf(kept)]);
  expect(await left()).toEqual(['backup pending']);
  at.clock.now = made.unreadableFrom;
  await at.vault.tick();
  expect(await left()).toEqual([]);
}, 120_000);
