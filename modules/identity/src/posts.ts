/** Who works where and as what: written down by officers, in memory for decisions, ended in the journal first. */
import { join } from 'node:path';
import { POSTS_PER_PERSON_MAX, type Position, type Post, type PostDraft } from '@cityward/contracts';
import { createSaver, openJournal, type Journal, type Saver } from '@cityward/journal';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { IdentityOptions } from './needs.ts';
import type { People } from './people.ts';
import * as store from './posts-store.ts';

/** Kept in a journal: a lost end of a post would be access. */
interface Ended extends EndedPost {
  readonly sequence: number;
}
export interface EndedPost {
  readonly post: string;
  readonly person: string;
  readonly until: number;
  readonly by: string;
}
type Options = Pick<IdentityOptions, 'sql' | 'folder' | 'clock' | 'log' | 'directory'>;
export type Held = Pick<Post, 'organisation' | 'role'>;

const NONE: readonly Post[] = [];

export class Posts {
  readonly #options: Options;
  readonly #people: Pick<People, 'get'>;
  readonly #journal: Journal<Ended>;
  readonly #saver: Saver;
  /** Told at once when an end comes nearer. */
  onEnd: () => void = () => undefined;
  /** By person; what ended is dropped when somebody adds to it. */
  readonly #posts = new Map<string, readonly Post[]>();

  private constructor(options: Options, people: Pick<People, 'get'>, journal: Journal<Ended>) {
    this.#options = options;
    this.#people = people;
    this.#journal = journal;
    this.#saver = createSaver(options.sql, options.log);
  }

  /** The tables must be there. */
  static async open(options: Options, people: Pick<People, 'get'>): Promise<Posts> {
    const journal = await openJournal<Ended>({
      path: join(options.folder, 'posts.journal'),
      after: 0,
      about: ({ post }) => post,
    });
    const posts = new Posts(options, people, journal);
    for (const post of await store.readPosts(options.sql, options.clock())) posts.#put(post);
    for (const ended of journal.entries) if (posts.#shorten(ended)) await posts.#save(ended);
    return posts;
  }

  async stop(): Promise<void> {
    await this.#saver.stop();
    await this.#journal.close();
  }

  /** Where the person works at this moment; from memory. */
  held(person: string): readonly Held[] {
    const posts = this.#posts.get(person);
    if (posts === undefined) return NONE;
    const now = this.#options.clock();
    return posts.filter(({ from, until }) => from <= now && (until === null || now < until));
  }

  list(person: string): Promise<readonly Post[]> {
    return store.readPostsOf(this.#options.sql, person);
  }

  /** `null` for one that has ended or never was. */
  personOf(id: string): string | null {
    for (const [person, posts] of this.#posts) if (posts.some((post) => post.id === id)) return person;
    return null;
  }

  /** As a register says that it is, from now on; where it stood so already nothing changes. */
  async register(person: string, { profession: role, organisation }: Position): Promise<void> {
    const from = this.#options.clock();
    const added = await this.add({ person, organisation, role, from, until: null }, 'system');
    if (!added.ok && added.error.code !== 'POST_HELD')
      this.#options.log.error('somebody of a register works nowhere that is known', { person, code: added.error.code });
  }

  async add(draft: PostDraft, by: string): Promise<Result<Post, Refusal>> {
    const { sql, clock } = this.#options;
    const now = clock();
    const refused = this.#refusalOf(draft, now);
    if (refused) return refused;
    const post: Post = { id: newId<string>('pst'), ...draft };
    await sql.transact(async (tx) => {
      await store.addPost(tx, post);
      const { id, organisation, role, from, until } = post;
      this.#record(tx, {
        type: 'post.added',
        by,
        person: post.person,
        data: { post: id, organisation, role, from, until },
      });
    });
    this.#put(post);
    return ok(post);
  }

  #refusalOf({ person, organisation, role, from, until }: PostDraft, now: number): Result<never, Refusal> | null {
    const where = `write down "${person}" as ${role} at "${organisation}"`;
    const known = this.#people.get(person);
    if (!known || known.state === 'disabled')
      return refuse('not-found', 'PERSON_UNKNOWN', `${where}: wanted a person who may sign in here`);
    if (!(this.#options.directory.isParty?.(organisation) ?? true))
      return refuse('not-found', 'PARTY_UNKNOWN', `${where}: wanted a party of the city`);
    if (until !== null && (until <= from || until <= now))
      return refuse('invalid', 'POST_NOT_VALID', `${where}: wanted an end after its beginning and in the future`);
    const standing = this.#standing(person, now);
    if (standing.some((post) => post.organisation === organisation && post.role === role))
      return refuse('conflict', 'POST_HELD', `${where}: they are written down so already`);
    if (standing.length >= POSTS_PER_PERSON_MAX)
      return refuse('conflict', 'POSTS_FULL', `${where}: wanted at most ${POSTS_PER_PERSON_MAX} for one person`);
    return null;
  }

  /** At `at`, or now. In force from the call on; on disk when it resolves. */
  async end(
    id: string,
    { at, by }: { readonly at?: number | undefined; readonly by: string },
  ): Promise<Result<Post, Refusal>> {
    const person = this.personOf(id);
    const before = person === null ? undefined : this.#posts.get(person)!.find((post) => post.id === id);
    if (person === null || before === undefined)
      return refuse('not-found', 'POST_UNKNOWN', `end post "${id}": there is none of that id that has not ended`);
    const now = this.#options.clock();
    const until = Math.max(at ?? now, now, before.from);
    if (before.until !== null && before.until <= until) return ok(before);
    const ended = { post: id, person, until, by };
    this.#shorten(ended);
    this.onEnd();
    await this.#journal.append([ended]);
    await this.#save(ended);
    return ok({ ...before, until });
  }

  /** As the ledger says, where these tables were put back from an earlier day; without facts. Answers how many stood. */
  async endAgain(all: readonly EndedPost[]): Promise<number> {
    const revived = all.filter((ended) => this.#shorten(ended));
    if (revived.length === 0) return 0;
    this.onEnd();
    await this.#options.sql.transact(async (tx) => {
      for (const { post, until } of revived) await store.endPost(tx, post, until);
    });
    return revived.length;
  }

  #standing(person: string, now: number): readonly Post[] {
    return (this.#posts.get(person) ?? NONE).filter(({ until }) => until === null || until > now);
  }
  #put(post: Post): void {
    this.#posts.set(post.person, [...this.#standing(post.person, this.#options.clock()), post]);
  }
  /** `false` where it ended as early already. */
  #shorten({ post: id, person, until }: EndedPost): boolean {
    let isShortened = false;
    const posts = (this.#posts.get(person) ?? NONE).map((post) => {
      if (post.id !== id || (post.until !== null && post.until <= until)) return post;
      isShortened = true;
      return { ...post, until };
    });
    if (isShortened) this.#posts.set(person, posts);
    return isShortened;
  }
  #save({ post, person, until, by }: EndedPost): Promise<void> {
    return this.#saver.save(async (tx) => {
      if (await store.endPost(tx, post, until))
        this.#record(tx, { type: 'post.ended', by, person, data: { post, until } });
    });
  }
  #record(tx: Tx, { type, by, person, data }: Recorded): void {
    const at = this.#options.clock();
    tx.record({ module: 'identity', type, actor: by, subject: person, at, personal: true, data });
  }
}
interface Recorded {
  readonly type: 'post.added' | 'post.ended';
  readonly by: string;
  readonly person: string;
  readonly data: { readonly [key: string]: string | number | null };
}
