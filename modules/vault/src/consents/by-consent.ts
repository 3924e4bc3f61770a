/** To see a record by its owner's consent. */
import { against, type Ask, type Chain, type Holder } from '../domain/grant.ts';
import type { VaultOptions } from '../needs.ts';
import type { RecordHead } from '../records/store.ts';
import type { Basis, Ground, Look, Why } from '../viewing/deciding.ts';
import { chainFrom } from './chain.ts';
import type { Consents } from './consents.ts';
import { keeperOf } from '../recipients/lasting.ts';
import type { Lives } from '../lives/lives.ts';

interface Parts extends Pick<VaultOptions, 'clock' | 'postsOf'> {
  readonly consents: Pick<Consents, 'from' | 'now' | 'use'>;
  readonly lives: Pick<Lives, 'isWritten' | 'consentAgainst'>;
}

/** The consent by which it may be seen: one whose keys were given first, then one without a limit; else why the last of them does not do. */
export function byConsent(parts: Parts): Ground {
  const { consents, clock, postsOf } = parts;
  return (look, head) => {
    // Nobody else has consents: a service sees nothing for a person, whoever it says it asks for.
    if (look.principal.type !== 'Person') return null;
    const holder = holderOf(look, postsOf);
    let best: Chain | null = null;
    let why: Why | null = null;
    for (const consent of consents.from(head.subject, holder)) {
      const chain = chainFrom({ get: consents.now, postsOf }, consent, holder);
      const reason =
        chain === null ? 'taken-back' : (against(chain, askOf(look, head), clock()) ?? sleeps(parts, chain, head));
      if (reason !== null) why = reason;
      else if (best === null || isBetter(chain!, best, look)) best = chain;
    }
    if (best !== null) return basisOf(parts, look, { head, chain: best });
    return why === null ? null : { why };
  };
}

function basisOf(
  parts: Parts,
  look: Look,
  { head, chain }: { readonly head: RecordHead; readonly chain: Chain },
): Basis {
  const { consents } = parts;
  const [{ grant }, ...before] = chain;
  const { id } = grant;
  const keeper = keeperOf(grant);
  const after = before.map((link) => link.grant.id);
  return {
    by: 'consent',
    data: { consent: id, ...(after.length > 0 ? { after } : {}) },
    ...(look.right === 'text' && keeper !== null ? { lasts: { keeper, consent: id } } : {}),
    until: Math.min(...chain.map(({ grant }) => grant.until)),
    count: () => consents.use(chain),
    against: () => againstNow(parts, look, { head, id }),
  };
}

/** As everything stands at this moment: the consent, those it was handed on from, and where everybody works. */
function againstNow(
  parts: Parts,
  look: Look,
  { head, id }: { readonly head: RecordHead; readonly id: string },
): Why | null {
  const { consents, clock, postsOf } = parts;
  const consent = consents.now(id);
  if (consent === null) return 'no-consent';
  const chain = chainFrom({ get: consents.now, postsOf }, consent, holderOf(look, postsOf));
  if (chain === null) return 'taken-back';
  return against(beforeThisUse(chain), askOf(look, head), clock()) ?? sleeps(parts, chain, head);
}

const isFree = (chain: Chain): boolean => chain.every(({ grant }) => grant.uses === null);
/** A record that the city cannot read is opened by nothing but its key. */
function isBetter(one: Chain, than: Chain, { keysGiven }: Look): boolean {
  const hasKeys = ([{ grant }]: Chain): boolean => keysGiven?.has(grant.id) ?? false;
  return hasKeys(one) === hasKeys(than) ? isFree(one) : hasKeys(one);
}
/** The use that was counted for this very look does not speak against it. */
const beforeThisUse = (chain: Chain): Chain =>
  chain.map(({ grant, holder }) => ({
    grant: grant.uses === null ? grant : { ...grant, used: grant.used - 1 },
    holder,
  })) as unknown as Chain;

const holderOf = ({ principal: { id: person } }: Look, postsOf: Parts['postsOf']): Holder => ({
  person,
  posts: postsOf(person),
});
function askOf({ purpose, right }: Look, { id: record, subject, category }: RecordHead): Ask {
  return { subject, record, category, right, purpose };
}

/** Why a consent that says so does not count: whoever gave the first of them for its subject may no longer. */
function sleeps({ consents, lives }: Parts, chain: Chain, { category }: RecordHead): Why | null {
  const { id, subject, purpose } = chain.at(-1)!.grant;
  if (!lives.isWritten(subject)) return null;
  const given = consents.now(id)?.given;
  return given === undefined ? 'no-consent' : lives.consentAgainst({ id, subject, purpose, given }, category);
}
