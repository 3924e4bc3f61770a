/** The grants that may be of use, in memory, found by who asks about whom: what a decision looks at never waits. */
import type { Grant } from './domain/grant.ts';
import type { StoredConsent } from './consent-store.ts';

/** In one city; more is refused, never forgotten. */
export const GRANTS_MAX = 1_000_000;
/** From one person to another: a decision looks at each. */
export const GRANTS_PER_PAIR_MAX = 200;

export class GrantBook {
  readonly #consents = new Map<string, StoredConsent>();
  readonly #byPair = new Map<string, string[]>();

  get size(): number {
    return this.#consents.size;
  }

  add(consent: StoredConsent): void {
    this.#consents.set(consent.grant.id, consent);
    const key = pairOf(consent.grant);
    const ids = this.#byPair.get(key);
    if (ids) ids.push(consent.grant.id);
    else this.#byPair.set(key, [consent.grant.id]);
  }

  get(id: string): StoredConsent | null {
    return this.#consents.get(id) ?? null;
  }

  /** Every grant from the subject to the person, whatever it allows. */
  from(subject: string, person: string): readonly Grant[] {
    const ids = this.#byPair.get(`${person} ${subject}`) ?? [];
    return ids.map((id) => this.#consents.get(id)!.grant);
  }

  /** Puts what changed of a grant in place of it. */
  change(id: string, change: Pick<Grant, 'state'> | Pick<Grant, 'used'>): Grant | null {
    const consent = this.#consents.get(id);
    if (!consent) return null;
    const grant = { ...consent.grant, ...change };
    this.#consents.set(id, { ...consent, grant });
    return grant;
  }

  /** Drops what nobody can use any more; SQL keeps it. */
  prune(isOver: (grant: Grant) => boolean): void {
    for (const [id, { grant }] of this.#consents) {
      if (!isOver(grant)) continue;
      this.#consents.delete(id);
      const key = pairOf(grant);
      const left = this.#byPair.get(key)!.filter((one) => one !== id);
      if (left.length > 0) this.#byPair.set(key, left);
      else this.#byPair.delete(key);
    }
  }
}

const pairOf = ({ grantee, subject }: Grant): string => `${grantee.person ?? ''} ${subject}`;
