/** The one way to read a record: decided, counted, opened, recorded, decided again, and only then handed out. */
import type { FactType, RecordMedia } from '@cityward/contracts';
import { newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import { closed } from '../gate/gate.ts';
import { judge, judgeAgain, type Basis, type DecidingParts, type Look, type Verdict, type Why } from './deciding.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { VaultOptions } from '../needs.ts';
import { openContent } from '../keys/sealed.ts';
import type { KeepCopy } from '../recipients/lasting.ts';
import type { Shelf } from '../records/shelf.ts';
import type { RecordHead, StoredVersion } from '../records/store.ts';

const MODULE = 'vault';
/** Where nobody has such a record: what the ledger names instead of a person. */
const NOBODY = 'nobody';

export type { Look } from './deciding.ts';

export interface ViewingParts extends Pick<VaultOptions, 'clock' | 'ledger'>, DecidingParts {
  readonly shelf: Shelf;
  readonly keyring: Pick<Keyring, 'open'>;
  /** Registers what somebody has for good from then on. */
  readonly keepCopy: KeepCopy;
  /** May this process serve at this moment? */
  readonly mayServe: () => boolean;
}
export interface Seen {
  readonly media: RecordMedia;
  readonly content: Buffer;
  readonly held: Held;
}
/** What a look goes on resting on, for whoever goes on showing it. */
export interface Held {
  readonly subject: string;
  readonly category: string;
  readonly basis: Basis['data'];
  /** When the reason ends by itself, by the city's clock; `null` for never. */
  readonly until: number | null;
  /** Asked again, waiting for nothing: `null` where it still holds. */
  against(): Why | null;
  /** The same content once more, for the same look; `null` where the reason is gone. The one who asks overwrites it. */
  again(): Promise<Buffer | null>;
}

export type View = (look: Look) => Promise<Result<Seen, Refusal>>;

/** While the gate is closed nothing is looked up: one answer, whatever is asked for. */
export const viewClosed = (
  parts: Pick<ViewingParts, 'ledger' | 'clock'>,
  look: Look,
): Promise<Result<never, Refusal>> => refused(parts, look, { head: null, why: 'closed' });

/** Opened and not handed out yet. */
export interface OpenedRecord {
  readonly version: number;
  readonly media: RecordMedia;
  readonly content: Buffer;
  readonly held: Held;
}
/** What is made of content before it is written down that somebody looked. */
export interface Made<Shown> {
  /** Written with the look. */
  readonly told: Basis['data'];
  /** Waits for nothing: called in the turn in which the look was judged for the last time. */
  hand(): Shown;
  /** It is not handed out. */
  drop(): void;
}
export type Make<Shown> = (opened: OpenedRecord) => Promise<Result<Made<Shown>, Refusal>>;
/** A look at what is made of a record; with `view` the two ways of one way. */
export type Show = <Shown>(look: Look, make: Make<Shown>) => Promise<Result<Shown, Refusal>>;

export const viewBy =
  (show: Show): View =>
  (look) =>
    show(look, ({ media, content, held }) =>
      Promise.resolve(ok({ told: {}, hand: () => ({ media, content, held }), drop: () => void content.fill(0) })),
    );

export function createShowing(parts: ViewingParts): Show {
  return async (look, make) => {
    const isAtHand = parts.shelf.holds(look.record);
    const head = await parts.shelf.head(look.record);
    const verdict = judge(parts, look, head);
    if (!verdict.may || head === null) {
      // One that is there and was at hand would be refused sooner than one that is not there.
      if (isAtHand) await parts.shelf.askAgain(look.record);
      return refused(parts, look, { head, why: verdict.may ? 'unknown' : verdict.why });
    }
    const { basis } = verdict;
    if (!(await basis.count())) return refused(parts, look, { head, why: 'used-up' });
    const opened = await open(parts, look, head);
    if (!opened.ok) return refused(parts, look, { head, why: opened.error });
    const { version } = opened.value;
    const held = heldBy(parts, { ...look, version }, { head, basis });
    const made = await make({ ...opened.value, held }).catch((fault: unknown) => {
      opened.value.content.fill(0);
      throw fault;
    });
    if (!made.ok) {
      await record(parts, look, { type: 'record.refused', head, data: { why: 'not-drawn' } });
      return made;
    }
    try {
      if (basis.lasts) await parts.keepCopy({ ...basis.lasts, record: look.record, version });
      await record(parts, look, { type: 'record.viewed', head, data: { version, ...basis.data, ...made.value.told } });
    } catch (fault) {
      made.value.drop();
      throw fault;
    }
    // What was taken back or destroyed while the disk worked is not handed out any more.
    const last = judgeLast(parts, look, { head, basis });
    if (last.may) return ok(made.value.hand());
    made.value.drop();
    return refused(parts, look, { head, why: last.why });
  };
}

/** Whether it still stands, and whether this process knows at this moment what stands. */
function judgeLast(
  ...[parts, look, judged]: readonly [ViewingParts, Look, { readonly head: RecordHead; readonly basis: Basis }]
): Verdict {
  return parts.mayServe() ? judgeAgain(parts, look, judged) : { may: false, why: 'cut-off' };
}

function heldBy(
  ...[parts, look, { head, basis }]: readonly [ViewingParts, Look, { readonly head: RecordHead; readonly basis: Basis }]
): Held {
  const { subject, category } = head;
  const against = (): Why | null => {
    const verdict = judgeAgain(parts, look, { head, basis });
    return verdict.may ? null : verdict.why;
  };
  const again = async (): Promise<Buffer | null> => {
    if (against() !== null) return null;
    const opened = await open(parts, look, head);
    if (!opened.ok) return null;
    const { content } = opened.value;
    if (against() === null) return content;
    content.fill(0);
    return null;
  };
  return { subject, category, basis: basis.data, until: basis.until ?? null, against, again };
}

async function open(
  { shelf, keyring }: Pick<ViewingParts, 'shelf' | 'keyring'>,
  { version: wanted }: Look,
  head: RecordHead,
): Promise<Result<Pick<StoredVersion, 'version' | 'media' | 'content'>, Why>> {
  const failed = (why: Why) => ({ ok: false, error: why }) as const;
  const { id: record, subject, category } = head;
  const stored = await shelf.version(head, wanted);
  if (stored === null) return failed('no-version');
  if (stored === 'not-in-archive') return failed('not-in-archive');
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
  const machine = principal.type === 'Person' ? {} : { machine: true };
  return ledger.append([{ ...fact, id: newId<string>('evt'), data: { record: asked, purpose, ...machine, ...data } }]);
}

/** One answer for all that may not be seen, there or not; only who might have seen it hears that it is gone. */
async function refused(
  parts: Pick<ViewingParts, 'ledger' | 'clock'>,
  look: Look,
  { head, why }: { readonly head: RecordHead | null; readonly why: Why },
): Promise<Result<never, Refusal>> {
  await record(parts, look, { type: 'record.refused', head, data: { why } });
  const where = `view record "${look.record}"`;
  if (why === 'closed') return closed(where);
  if (why === 'destroyed') return refuse('gone', 'RECORD_DESTROYED', `${where}: it is destroyed`);
  if (why === 'cut-off')
    return refuse('unavailable', 'VAULT_NOT_SERVING', `${where}: this part of the city is cut off from the rest`);
  if (why === 'not-in-archive')
    return refuse(
      'unavailable',
      'ARCHIVE_MISSING',
      `${where}: its content was archived, and the archive does not have it as it was put there`,
    );
  if (why === 'blind')
    return refuse('conflict', 'RECORD_BLIND', `${where}: its owner chose that the city cannot read it`);
  if (why === 'altered')
    return refuse('conflict', 'CONTENT_ALTERED', `${where}: its content is not what was stored there`);
  return refuse('not-found', 'RECORD_NOT_SEEN', `${where}: there is none that you may see so`);
}
