/** A copy of content: what it is of, where it lies, and what became of what it held. */
import type { CopyKind, CopyOutcome } from '@cityward/contracts';
import type { Tx } from '@cityward/sql';

/** One version of one record. */
export interface VersionRef {
  readonly record: string;
  readonly version: number;
}

/**
 * What a copy holds: named versions, what the database has of content (each version's row says so of itself), whatever the vault
 * holds at each moment (a log, a replica), or what it held when it was made.
 */
export type Holding =
  | { readonly of: 'versions'; readonly versions: readonly VersionRef[] }
  | { readonly of: 'content' }
  | { readonly of: 'live' }
  | { readonly of: 'snapshot' };

export interface NewCopy {
  readonly kind: CopyKind;
  /** Where the bytes lie, as the keeper of its kind finds them again, e.g. `object:<sha-256>` or `recipient:<name>/<id>`. */
  readonly place: string;
  /** Who has it: `city`, or the name of somebody else. */
  readonly custodian: string;
  /** Why it may be there, in words. */
  readonly basis: string;
  readonly holding: Holding;
  /** `own`: the keys of the versions open it. Else the ids of the keys that do. */
  readonly openedBy: 'own' | readonly string[];
  readonly expires: number | null;
  readonly bytes?: number;
  readonly sha256?: string;
}

export interface Copy extends Omit<NewCopy, 'bytes' | 'sha256'> {
  readonly id: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly created: number;
  readonly closed: { readonly at: number; readonly why: string } | null;
  readonly verified: { readonly at: number; readonly found: Found } | null;
}
export type Found = 'held' | 'gone' | 'unknown';

/**
 * `purged`: the bytes are gone. `unreadable`: they stay for a while, and no key opens them. `asked`: whoever has it was told and has
 * not answered. `pending`: it could not be reached. `beyond`: out of the city's hands, for good; a certificate names it.
 */
export interface Outcome {
  readonly is: CopyOutcome;
  readonly why: string;
}
export const isSettled = ({ is }: Pick<Outcome, 'is'>): boolean => is !== 'asked' && is !== 'pending';

/** Knows how copies of one kind are looked at and ended. Both may be asked again and must bear it. */
export interface CopyKeeper {
  /** Does it still hold any of these? */
  look(copy: Copy, versions: readonly VersionRef[]): Promise<Found>;
  /** Ends what it holds of these; called once their keys are gone. One answer for all of them. */
  purge(copy: Copy, versions: readonly VersionRef[]): Promise<Outcome>;
}

export type Of =
  | { readonly record: string }
  | { readonly key: string }
  /** Everything of a person. */
  | { readonly subject: string };

export interface PurgedCopy {
  readonly copy: Copy;
  readonly outcome: Outcome;
  /** How many of the versions it held. */
  readonly versions: number;
}

/**
 * The register of every copy. Whoever makes one registers it first: before its bytes are written where they lie outside SQL, in the
 * same transaction where they lie in it. So a kill leaves a row without bytes, never bytes without a row.
 */
export interface CopyRegister {
  register(copy: NewCopy, tx?: Tx): Promise<string>;
  /** Open copies of something, standing ones (the log, the shelf, replicas, backups since) among them. */
  of(what: Of): Promise<readonly Copy[]>;
  /** Asks the keeper, and writes down what was found. `null` for no such copy. */
  verify(copy: string): Promise<Found | null>;
  /** Has every copy of these end, one keeper after the other, and writes down what became of each. Never throws for a keeper: that is `pending`. */
  purge(versions: readonly VersionRef[]): Promise<readonly PurgedCopy[]>;
  /** Has copies of a kind end whose time is over, and writes down what became of each. */
  endOverdue(kind: CopyKind): Promise<void>;
  /** Closes a row whose bytes are gone, e.g. a backup that was deleted at its end. */
  close(copy: string, why: string): Promise<boolean>;
  /** Who looks after the copies of a kind. Each kind has one. */
  keep(kind: CopyKind, keeper: CopyKeeper): void;
}
