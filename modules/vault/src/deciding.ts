/** May this person see this record now? Asked of consents and policy, in memory: it waits for nothing. */
import type { Principal, Purpose } from '@cityward/contracts';
import type { Consents } from './consents.ts';
import { against, type Against, type Grant } from './domain/grant.ts';
import type { VaultOptions } from './needs.ts';
import type { Records } from './records.ts';
import type { RecordHead } from './store.ts';

export interface Look {
  readonly record: string;
  readonly version?: number | undefined;
  readonly purpose: Purpose;
  readonly principal: Principal;
}
/** Told in the ledger alone: to whoever asked, all of them are one answer. */
export type Why = Against | 'unknown' | 'no-consent' | 'policy' | 'destroyed' | 'no-version' | 'altered';
export type Verdict =
  | { readonly may: true; readonly by: 'own' }
  | { readonly may: true; readonly by: 'consent'; readonly grant: Grant }
  | { readonly may: false; readonly why: Why };

export interface DecidingParts extends Pick<VaultOptions, 'clock' | 'may'> {
  readonly consents: Pick<Consents, 'from'>;
  readonly records: Pick<Records, 'isDoomed'>;
}

/**
 * Waits for nothing, so that no answer is older than the moment it is used in. With `used` it looks only at the consent whose use
 * was counted already.
 */
export function judge(
  ...[{ consents, records, clock, may }, look, head, used]: readonly [
    DecidingParts,
    Look,
    RecordHead | null,
    (string | null)?,
  ]
): Verdict {
  const { principal, purpose } = look;
  if (head === null) return { may: false, why: 'unknown' };
  const { id, subject, category } = head;
  const isOwn = principal.type === 'Person' && principal.id === subject;
  const found = isOwn ? null : consentFor({ consents, now: clock() }, look, { head, purpose, used });
  const granted = found !== null && 'grant' in found;
  const asked = may(principal, 'viewRecord', { type: 'Record', id, attributes: { subject, category, granted } });
  if (!isOwn && !granted) return { may: false, why: found?.why ?? 'no-consent' };
  if (!asked.ok) return { may: false, why: 'policy' };
  if (head.isDestroyed || records.isDoomed(id)) return { may: false, why: 'destroyed' };
  return granted ? { may: true, by: 'consent', grant: found.grant } : { may: true, by: 'own' };
}

interface Asked {
  readonly head: RecordHead;
  readonly purpose: Purpose;
  readonly used: string | null | undefined;
}
/** The consent by which it may be seen, one without a limit first; else why the last of them does not do. */
function consentFor(
  { consents, now }: { readonly consents: DecidingParts['consents']; readonly now: number },
  { principal }: Look,
  { head, purpose, used }: Asked,
): { readonly grant: Grant } | { readonly why: Why } {
  const { id: record, subject, category } = head;
  const { id: person, roles } = principal;
  // Content is handed out as it is, which can be copied: to see it drawn is another right, and has no way yet.
  const ask = { subject, record, category, person, organisation: null, roles, right: 'text', purpose } as const;
  const counted = (grant: Grant): Grant =>
    grant.id === used && grant.uses !== null ? { ...grant, used: grant.used - 1 } : grant;
  let best: Grant | null = null;
  let why: Why = 'no-consent';
  for (const grant of principal.type === 'Person' ? consents.from(subject, person) : []) {
    if (used !== undefined && grant.id !== used) continue;
    const reason = against(counted(grant), ask, now);
    if (reason !== null) why = reason;
    else if (best === null || grant.uses === null) best = grant;
  }
  return best === null ? { why } : { grant: best };
}
