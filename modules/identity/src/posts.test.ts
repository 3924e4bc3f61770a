/** Who works where and as what: written down for others by those who may, ended at once and for good. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostDraft } from '@cityward/contracts';
import { DAY_MS, type Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { StoredPerson } from './people-store.ts';
import { Posts } from './posts.ts';

const NOW = Date.UTC(2027, 0, 15);
const PEOPLE: Readonly<Record<string, Pick<StoredPerson, 'state'>>> = {
  'per-ben': { state: 'active' },
  'per-gone': { state: 'disabled' },
};
const OFFICER = 'per-olive';
let sql: TestSql;
let folder: string;
let posts: Posts;
let now: number;

const open = (over: Sql = sql): Promise<Posts> =>
  Posts.open(
    {
      ...{ sql: over, folder, log: silentLog, clock: () => now as Millis },
      directory: { device: () => null, siteOf: () => null, isParty: (id) => id.startsWith('party-') },
    },
    { get: (id) => PEOPLE[id] as StoredPerson | undefined },
  );
const draft = (change: Partial<PostDraft> = {}): PostDraft => ({
  ...{ person: 'per-ben', organisation: 'party-harbour', role: 'doctor', from: NOW, until: null },
  ...change,
});
const add = async (change: Partial<PostDraft> = {}): Promise<string> => {
  const added = await posts.add(draft(change), OFFICER);
  if (!added.ok) throw new Error(added.error.message);
  return added.value.id;
};
const held = (): string[] => posts.held('per-ben').map(({ organisation, role }) => `${role} at ${organisation}`);

beforeAll(async () => {
  sql = await openTestSql();
}, 120_000);
afterAll(() => sql.stop());
beforeEach(async () => {
  now = NOW;
  folder = mkdtempSync(join(tmpdir(), 'cityward-posts-'));
  await sql.migrate({ module: 'identity', folder: new URL('../migrations/', import.meta.url) });
  posts = await open();
});
afterEach(async () => {
  await posts.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});

describe('a post', () => {
  it('is held from its beginning and before its end, and by nobody else', async () => {
    await add({ from: NOW + DAY_MS, until: NOW + 2 * DAY_MS });
    expect(held()).toEqual([]);
    now = NOW + DAY_MS;
    expect(held()).toEqual(['doctor at party-harbour']);
    expect(posts.held('per-cat')).toEqual([]);
    now = NOW + 2 * DAY_MS;
    expect(held()).toEqual([]);
  });

  it('ends from the call on, and stays ended where SQL lost it', async () => {
    const id = await add();
    await posts.stop();
    const deaf = { ...sql, transact: () => Promise.reject(new Error('SQL is gone')) } as unknown as Sql;
    posts = await open(deaf);
    expect(held()).toHaveLength(1);
    const ending = posts.end(id, { by: OFFICER });
    expect(held()).toEqual([]);
    expect(await ending).toMatchObject({ ok: true, value: { id, until: NOW } });
    await posts.stop();
    posts = await open();
    expect(held()).toEqual([]);
    expect(await posts.list('per-ben')).toMatchObject([{ id, until: NOW }]);
  });

  it('ends at a date, which comes nearer and never goes further', async () => {
    const id = await add();
    await posts.end(id, { at: NOW + DAY_MS, by: OFFICER });
    expect(held()).toHaveLength(1);
    expect(await posts.end(id, { at: NOW + 5 * DAY_MS, by: OFFICER })).toMatchObject({
      value: { until: NOW + DAY_MS },
    });
    now = NOW + DAY_MS;
    expect(held()).toEqual([]);
    await posts.stop();
    posts = await open();
    expect(posts.personOf(id)).toBeNull();
  });

  it('stays ended by the word of the ledger, where an earlier table was put back', async () => {
    const id = await add();
    const ended = { post: id, person: 'per-ben', until: NOW, by: OFFICER };
    let told = 0;
    posts.onEnd = () => void told++;
    expect([await posts.endAgain([ended]), held(), told]).toEqual([1, [], 1]);
    expect([await posts.endAgain([ended, { ...ended, post: 'pst-unknown' }]), told]).toEqual([0, 1]);
    await posts.stop();
    posts = await open();
    expect(held()).toEqual([]);
  });

  it('is on record with who wrote it down and who ended it', async () => {
    await posts.end(await add(), { by: 'per-otto' });
    const facts = await sql
      .for<{ 'platform.outbox': { type: string; actor: string; subject: string; position: number } }>()
      .selectFrom('platform.outbox')
      .select(['type', 'actor', 'subject'])
      .orderBy('position')
      .execute();
    expect(facts).toEqual([
      { type: 'post.added', actor: OFFICER, subject: 'per-ben' },
      { type: 'post.ended', actor: 'per-otto', subject: 'per-ben' },
    ]);
  });

  it.each<[string, Partial<PostDraft>]>([
    ['PERSON_UNKNOWN', { person: 'per-nobody' }],
    ['PERSON_UNKNOWN', { person: 'per-gone' }],
    ['PARTY_UNKNOWN', { organisation: 'site-1' }],
    ['POST_NOT_VALID', { until: NOW }],
    ['POST_HELD', { role: 'nurse' }],
  ])('is refused with %s', async (code, change) => {
    await add({ role: 'nurse' });
    expect(await posts.add(draft(change), OFFICER)).toMatchObject({ ok: false, error: { code } });
  });

  it('is one of eight at most, ended ones not counted', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) ids.push(await add({ organisation: `party-${i}` }));
    expect(await posts.add(draft(), OFFICER)).toMatchObject({ ok: false, error: { code: 'POSTS_FULL' } });
    await posts.end(ids[0]!, { by: OFFICER });
    expect(await posts.add(draft(), OFFICER)).toMatchObject({ ok: true });
  });

  it('that nobody holds is not ended', async () => {
    expect(await posts.end('pst-0', { by: OFFICER })).toMatchObject({ ok: false, error: { code: 'POST_UNKNOWN' } });
  });
});
