/** From a consent that is used up to the one that its subject gave, each with who uses it. */
import type { StoredConsent } from './consent-store.ts';
import { CONSENT_DEPTH_MAX } from '@cityward/contracts';
import type { Chain, Held, Holder, Link } from '../domain/grant.ts';

export interface ChainParts {
  readonly get: (id: string) => StoredConsent | null;
  readonly postsOf: (person: string) => readonly Held[];
}

/** `null` where one of those before it is not there any more: it is over, and so is what was handed on. */
export function chainFrom(parts: ChainParts, { grant, given }: StoredConsent, holder: Holder): Chain | null {
  const links: [Link, ...Link[]] = [{ grant, holder }];
  let [parent, by] = [grant.parent, given.by];
  while (parent !== null) {
    const before = parts.get(parent);
    if (before === null || links.length > CONSENT_DEPTH_MAX) return null;
    // Who handed it on has to have it still: with their post, what they let others see ends.
    links.push({ grant: before.grant, holder: { person: by, posts: parts.postsOf(by) } });
    [parent, by] = [before.grant.parent, before.given.by];
  }
  return links;
}
