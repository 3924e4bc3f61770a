/** The one way to read a record: decided, counted, opened, recorded, decided again, and only then handed out. */
import type { FactType, Principal, Purpose, RecordMedia } from '@cityward/contracts';
import { newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Consents } from './consents.ts';
import { against, type Against, type Grant } from './domain/grant.ts';
import type { Keyring } from './keyring.ts';
import type { VaultOptions } from './needs.ts';
import type { Records } from './records.ts';
import { openContent } from './sealed.ts';
import { readHead, readVersion, type RecordHead, type StoredVersion } from './store.ts';

const MODULE = 'vault';
/** Where nobody has such a record: what the ledger names instead of a person. */
const NOBODY = 'nobody';

export interface ViewingParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger' | 'may'> {
  readonly consents: Consents;
  readonly records: Records;
  readonly keyring: Keyring;
}
export interface Look {
  readonly record: string;
  readonly version?: number | undefined;
  readonly purpose: Purpose;
  readonly principal: Principal;
}
export interface Seen {
  readonly media: RecordMedia;
  readonly content: Buffer;
}

/** Told in the ledger alone: to whoever asked, all of them are one answer. */
type Why = Against | 'unknown' | 'no-consent' | 'policy' | 'destroyed' | 'no-version' | 'altered';
type Verdict =
  | { readonly may: true; readonly by: 'own' }
  | { readonly may: true; readonly by: 'consent'; readonly grant: Grant }
  | { readonly may: false; readonly why: Why };

export type View = (look: Look) => Promise<Result<Seen, Refusal>>;

export function createViewing(parts: ViewingParts): View {
  return async (look) => {
    const head = await readHead(parts.sql, look.record);
    const verdict = judge(parts, look, head);
    if (!verdict.may || head === null)
      return refused(parts, look, { head, why: verdict.may ? 'unknown' : verdict.why });
    if (verdict.by === 'consent') await parts.consents.use(verdict.grant);
    const opened = await open(parts, look, head);
    if (!opened.ok) return refused(parts, look, { head, why: opened.error });
    const { version, media, content } = opened.value;
    const consent = verdict.by === 'consent' ? verdict.grant.id : null;
    await record(parts, look, { type: 'record.viewed', head, data: { version, consent } });
    // What was taken back or destroyed while the disk worked is not handed out any more.
    const last = judge(parts, look, head, consent);
    if (last.may) return ok({ media, content });
    content.fill(0);
    return refused(parts, look, { head, why: last.why });
  };
}

/**
 * Waits for nothing, so that no answer is older than the moment it is used in. With `used` it looks only at the consent whose use
 * was counted already.
 */
function judge(
  ...[{ consents, records, clock, may }, look, head, used]: readonly [
    ViewingParts,
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
  { consents, now }: { readonly consents: Consents; readonly now: number },
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

async function open(
  { sql, keyring }: Pick<ViewingParts, 'sql' | 'keyring'>,
  { version: wanted }: Look,
  { id: record, subject, category }: RecordHead,
): Promise<Result<Pick<StoredVersion, 'version' | 'media' | 'content'>, Why>> {
  const failed = (why: Why) => ({ ok: false, error: why }) as const;
  const stored = await readVersion(sql, record, wanted);
  if (stored === null) return failed('no-version');
  const { version, media, key: id, content } = stored;
  const key = await keyring.open(id);
  if (!key.ok) return failed('destroyed');
  const opened = openContent({ id, key: key.value }, { record, version, subject, category, media }, content);
  key.value.fill(0);
  return opened.ok ? ok({ version, media, content: opened.value }) : failed('altered');
}

interface Recorded {
  readonly type: FactType;
  readonly head: RecordHead | null;
  readonly data: { readonly [key: string]: Json };
}
/** On disk in the ledger when it resolves. Where it cannot be, it throws, and nothing is handed out. */
function record(
  { ledger, clock }: Pick<ViewingParts, 'ledger' | 'clock'>,
  { record: asked, purpose, principal }: Look,
  { type, head, data }: Recorded,
): Promise<void> {
  const subject = head?.subject ?? NOBODY;
  const fact = { module: MODULE, type, actor: principal.id, subject, at: clock(), personal: true } as const;
  return ledger.append([{ ...fact, id: newId<string>('evt'), data: { record: asked, purpose, ...data } }]);
}

/** One answer for all that may not be seen, there or not; only who might have seen it hears that it is gone. */
async function refused(
  parts: ViewingParts,
  look: Look,
  { head, why }: { readonly head: RecordHead | null; readonly why: Why },
): Promise<Result<never, Refusal>> {
  await record(parts, look, { type: 'record.refused', head, data: { why } });
  const where = `view record "${look.record}"`;
  if (why === 'destroyed') return refuse('gone', 'RECORD_DESTROYED', `${where}: it is destroyed`);
  if (why === 'altered')
    return refuse('conflict', 'CONTENT_ALTERED', `${where}: its content is not what was stored there`);
  return refuse('not-found', 'RECORD_NOT_SEEN', `${where}: there is none that you may see so`);
}
