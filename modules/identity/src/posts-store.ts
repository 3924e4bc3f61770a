/** Posts in SQL. */
import { POSTS_SHOWN_MAX, type Post, type PostRole } from '@cityward/contracts';
import type { Kysely } from 'kysely';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'identity.post': {
    id: string;
    person: string;
    organisation: string;
    role: string;
    from_at: number;
    until_at: number | null;
  };
}
const db = (reader: Pick<Sql | Tx, 'for'>): Kysely<Tables> => reader.for<Tables>();

const postOf = ({ role, from_at: from, until_at: until, ...row }: Tables['identity.post']): Post => ({
  ...row,
  role: role as PostRole,
  from,
  until,
});

/** Those that have not ended. */
export async function readPosts(sql: Sql, now: number): Promise<Post[]> {
  const rows = await db(sql)
    .selectFrom('identity.post')
    .selectAll()
    .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', now)]))
    .orderBy('from_at')
    .execute();
  return rows.map(postOf);
}
export async function readPostsOf(sql: Sql, person: string): Promise<Post[]> {
  const rows = await db(sql)
    .selectFrom('identity.post')
    .selectAll()
    .where('person', '=', person)
    .orderBy('from_at', 'desc')
    .limit(POSTS_SHOWN_MAX)
    .execute();
  return rows.map(postOf);
}
export const addPost = async (tx: Tx, { id, person, organisation, role, from, until }: Post): Promise<void> =>
  void (await db(tx)
    .insertInto('identity.post')
    .values({ id, person, organisation, role, from_at: from, until_at: until })
    .execute());
/** Ends only come nearer, in whatever order they are saved. `false` where it ended as early already. */
export async function endPost(tx: Tx, id: string, until: number): Promise<boolean> {
  const row = await db(tx)
    .updateTable('identity.post')
    .set((eb) => ({ until_at: eb.fn<number>('greatest', ['from_at', eb.val(until)]) }))
    .where('id', '=', id)
    .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', until)]))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
