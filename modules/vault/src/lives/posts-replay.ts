/** What the ledger says of posts: whoever stopped working somewhere sees nothing by it, though the city's tables were put back. */
import type { Replayer } from '../gate/replay.ts';
import type { EndedPost, VaultOptions } from '../needs.ts';

export function postReplayer({ endPosts }: Pick<VaultOptions, 'endPosts'>): Replayer {
  const ended = new Map<string, EndedPost>();
  return {
    types: ['post.ended'],
    take: ({ body: { subject: person, actor: by, data } }) => {
      const { post, until } = data;
      if (typeof post !== 'string' || typeof until !== 'number') return;
      // Ends only come nearer.
      if (until < (ended.get(post)?.until ?? Infinity)) ended.set(post, { post, person, until, by });
    },
    apply: () => endPosts?.([...ended.values()]) ?? Promise.resolve(0),
  };
}
