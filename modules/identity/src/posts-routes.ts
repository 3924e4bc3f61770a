/** The HTTP face of posts. */
import { api, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Posts } from './posts.ts';

const person = (id: string): Resource => ({ type: 'Person', id, attributes: {} });

export const postRoutes = (posts: () => Posts): Route[] => [
  route(
    api.listPosts,
    async ({ query }, { principal }) => ok({ posts: [...(await posts().list(query.person ?? principal.id))] }),
    ({ query }, { principal }) => person(query.person ?? principal.id),
  ),
  route(
    api.addPost,
    ({ body }, { principal }) => posts().add(body, principal.id),
    ({ body }) => person(body.person),
  ),
  route(
    api.endPost,
    ({ params, body }, { principal }) => posts().end(params.id, { at: body.at, by: principal.id }),
    // One that nobody holds is nobody's: an officer is told so.
    ({ params }) => person(posts().personOf(params.id) ?? 'nobody'),
  ),
];
