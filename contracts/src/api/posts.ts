/** Who works where and as what: kept by officers, since consents to a role rest on it. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneOf, Time } from '../schema.ts';
import { POST_ROLES } from '../words.ts';

/** Of one person, ended ones not counted. */
export const POSTS_PER_PERSON_MAX = 8;
/** In one answer; the newest. */
export const POSTS_SHOWN_MAX = 1_000;

export const PostDraft = Closed({
  person: Id,
  /** A party of the city. */
  organisation: Id,
  role: OneOf(POST_ROLES),
  from: Time,
  /** null: until somebody ends it. */
  until: Type.Union([Time, Type.Null()]),
});
export type PostDraft = Static<typeof PostDraft>;
export const Post = Closed({ id: Id, ...PostDraft.properties });
export type Post = Static<typeof Post>;

export const posts = {
  listPosts: endpoint({
    name: 'listPosts',
    method: 'GET',
    path: '/api/posts',
    action: 'readPosts',
    summary: 'Where a person works and as what, past and present; newest first',
    /** Without it: oneself. */
    query: Closed({ person: Type.Optional(Id) }),
    answer: Closed({ posts: Type.Array(Post, { maxItems: POSTS_SHOWN_MAX }) }),
  }),
  addPost: endpoint({
    name: 'addPost',
    method: 'POST',
    path: '/api/posts',
    action: 'keepPosts',
    summary: 'Write down that a person works at an organisation in a role',
    body: PostDraft,
    answer: Post,
  }),
  endPost: endpoint({
    name: 'endPost',
    method: 'POST',
    path: '/api/posts/:id/end',
    action: 'keepPosts',
    summary: 'End it at a date, or now: what was let be seen by that role is not seen any more',
    params: Closed({ id: Id }),
    body: Closed({ at: Type.Optional(Time) }),
    answer: Post,
  }),
} as const;
