/** May this person see this record now? Asked of what gives a reason to and what forbids it, in memory: it waits for nothing. */
import type { EntityAttributes, Principal, Purpose, Right } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Against } from '../domain/grant.ts';
import type { GlassOver } from '../domain/glass.ts';
import type { StandingWhy } from '../domain/lives/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { RecordHead } from '../records/store.ts';

export interface Look {
  readonly record: string;
  readonly version?: number | undefined;
  readonly purpose: Purpose;
  /** `text`: the content as it is, which can be copied. `view`: drawn, and nothing else. `export`: in a table with others. */
  readonly right: Extract<Right, 'view' | 'text' | 'export'>;
  readonly principal: Principal;
  /** As ciphertext, for whoever has its key. */
  readonly isSealed?: true;
  /** Consents under which its key was given to whoever looks: of several that stand, one of these. */
  readonly keysGiven?: ReadonlySet<string>;
}
/** Told in the ledger alone: to whoever asked, all of them are one answer. */
export type Why =
  | Against
  | StandingWhy
  | GlassOver
  | 'excluded'
  | 'reviewed'
  | 'unknown'
  | 'no-consent'
  | 'policy'
  | 'destroyed'
  | 'sealed'
  | 'restricted'
  | 'no-version'
  | 'altered'
  | 'not-in-archive'
  | 'closed'
  | 'cut-off'
  | 'not-drawn'
  | 'blind'
  | 'unsealing-over'
  | 'not-blind';

/** What a look rests on. */
export interface Basis {
  readonly by: 'own' | 'consent' | 'standing' | 'emergency' | 'duty' | 'unsealing';
  /** The one bar that does not count against it. */
  readonly lifts?: 'sealed';
  /** Written with the look. */
  readonly data: { readonly [key: string]: Json };
  /** Who has a copy of its own from then on, by which consent: whoever is let store what they see as text. */
  readonly lasts?: { readonly keeper: string; readonly consent: string };
  /** When it ends by itself; left out where it does not. */
  readonly until?: number;
  /** Done before anything is opened, and on disk when it resolves: a use is counted. `false` where none was left. */
  count(): Promise<boolean>;
  /** Asked again in the turn in which content is handed out: `null` where it still holds. */
  against(): Why | null;
}
/** One kind of reason to see a record: a basis, why it would be one and is not now, or nothing about this look. */
export type Ground = (look: Look, head: RecordHead) => Basis | { readonly why: Why } | null;
/** One kind of reason why nobody sees a record, whatever the look rests on. */
export type Bar = (head: RecordHead, look: Look) => Why | null;

export type Verdict = { readonly may: true; readonly basis: Basis } | { readonly may: false; readonly why: Why };

export interface DecidingParts extends Pick<VaultOptions, 'may'> {
  /** In the order in which they are asked: the first basis counts. */
  readonly grounds: readonly Ground[];
  readonly bars: readonly Bar[];
}

const isBasis = (found: Basis | { readonly why: Why }): found is Basis => 'by' in found;

/** Waits for nothing, so that no answer is older than the moment it is used in. */
export function judge(parts: DecidingParts, look: Look, head: RecordHead | null): Verdict {
  if (head === null) return { may: false, why: 'unknown' };
  let why: Why = 'no-consent';
  for (const ground of parts.grounds) {
    const found = ground(look, head);
    if (found === null) continue;
    if (isBasis(found)) return judgeBy(parts, look, { head, basis: found });
    why = found.why;
  }
  return { may: false, why };
}

/** The same look again, by the basis whose use was counted and by no other. */
export function judgeAgain(
  ...[parts, look, { head, basis }]: readonly [
    DecidingParts,
    Look,
    { readonly head: RecordHead; readonly basis: Basis },
  ]
): Verdict {
  const why = basis.against();
  return why === null ? judgeBy(parts, look, { head, basis }) : { may: false, why };
}

function judgeBy(
  { may, bars }: DecidingParts,
  look: Look,
  { head, basis }: { readonly head: RecordHead; readonly basis: Basis },
): Verdict {
  const { id, subject, category } = head;
  const attributes = { subject, category, ...TOLD_OF[basis.by] };
  if (!may(look.principal, 'viewRecord', { type: 'Record', id, attributes }).ok) return { may: false, why: 'policy' };
  for (const bar of bars) {
    const why = bar(head, look);
    if (why !== null && why !== basis.lifts) return { may: false, why };
  }
  return { may: true, basis };
}

/** What policy hears of why somebody would see it. */
const TOLD_OF: Readonly<Record<Basis['by'], EntityAttributes>> = {
  own: {},
  consent: { granted: true },
  standing: { represented: true },
  emergency: { emergency: true },
  duty: { onDuty: true },
  unsealing: { unsealed: true },
};
export const NOTHING_COUNTED = (): Promise<boolean> => Promise.resolve(true);

/** Everybody sees what is held about themself. */
export const ownRecord: Ground = ({ principal }, { subject }) =>
  principal.type === 'Person' && principal.id === subject
    ? { by: 'own', data: { consent: null }, count: NOTHING_COUNTED, against: () => null }
    : null;
