/** What the vault wants from outside. */
import type { FileHandle } from 'node:fs/promises';
import type {
  ActionName,
  DatasetNamed,
  DestructionRecord,
  FactType,
  JobSignature,
  NewFact,
  Principal,
  Resource,
  VaultOpening,
} from '@cityward/contracts';
import type { Clock, Refusal, Result } from '@cityward/kernel';
import type { PersonPasskey } from '@cityward/fleet';
import type { BeforeStep } from '@cityward/journal';
import type { Log } from '@cityward/log';
import type { Objects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';
import type { Held } from './domain/grant.ts';
import type { OpenBackupFile } from './backup/backup.ts';
import type { RetentionLaw } from './domain/retention.ts';
import type { SlotFile } from './keys/key-slots.ts';
import type { RootKey } from './keys/keyring.ts';

export interface BodyQuery {
  readonly subject: string;
  readonly types: readonly FactType[];
  readonly before?: number;
  /** Milliseconds since 1970, both included. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}
export type TellingBody = Pick<NewFact, 'actor' | 'at' | 'data'> & { readonly type: string };

/** What a witness of the ledger said since this start. */
export interface WitnessSaid {
  readonly name: string;
  readonly state: 'not-asked' | 'agrees' | 'silent' | 'ahead' | 'contradicts';
  /** Entries under the newest checkpoint that it cosigned. */
  readonly cosigned: number | null;
  /** Entries that it has seen, where those are more than the ledger has. */
  readonly seen: number | null;
}

export interface LedgerNeeds {
  /** On disk when it resolves; rejects where the disk does not take it. */
  append(facts: readonly (NewFact & { readonly id: string })[]): Promise<void>;
  /** Newest first, with what personal facts say. */
  /** What a stranger checks one fact with; `null` while it is not in the log yet. */
  exhibit(fact: string): Promise<Exhibit | null>;
  bodiesOf(query: BodyQuery): Promise<readonly { readonly entry: number; readonly body: TellingBody }[]>;
  /** What facts of these types mention, each once for a subject; by these actors, or by anybody for `null`. */
  mentions(query: {
    readonly types: readonly FactType[];
    readonly actors: readonly string[] | null;
    readonly from: number;
    readonly to: number;
    readonly prefix: string;
  }): Promise<readonly { readonly type: string; readonly subject: string; readonly mention: string }[]>;
  /** A pack of these entries that verifies offline; `null` without entries. */
  packOf(
    about: { readonly subject: string; readonly entries: readonly number[] },
    actor: string,
  ): Promise<Uint8Array | null>;
  /** Every fact from an entry on, in order, from the ledger's own files; answers how many entries there are. */
  scan(
    from: number,
    visit: (
      part: readonly { readonly entry: number; readonly body: TellingBody & { readonly subject: string } }[],
    ) => void,
  ): Promise<number>;
  standing(): { readonly origin: string; readonly size: number; readonly checkpoint: string };
  /** Base64, of its first entries. */
  rootOf(size: number): Promise<string>;
  entryOf(fact: string): Promise<number | null>;
  witnesses(): readonly WitnessSaid[];
  /** Called whenever a witness has said something. */
  onWitness(listener: () => void): () => void;
}

/** What the city keeps about people outside the vault, by random ids. */
export interface DatasetNeeds {
  all(): readonly DatasetNamed[];
  /** Datasets that any of the devices feeds. */
  behind(devices: readonly string[]): readonly string[];
  named(id: string): { readonly name: string; readonly purpose: string; readonly subjects: readonly string[] } | null;
}

/** From a destruction until no backup opens it: at most these weeks and the one that it falls in. */
export const BACKUP_WEEKS = 5;
/** One fact, and its proof under a signed checkpoint (C2SP). */
export interface Exhibit {
  readonly entry: string;
  readonly body: string;
  /** Hexadecimal. */
  readonly salt: string;
  readonly proof: string;
}

/** What a certificate of destruction takes from outside. */
export interface DestructionNeeds {
  readonly cityName: string;
  /** Name and version of this program. */
  readonly tool: string;
  readonly office: { readonly location: string; readonly contact: string };
  /** What the key file lies on, as far as it can be known. */
  medium(): Promise<DestructionRecord['medium']>;
  /** The city's own signature, detached CMS, DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  passkey(person: string, credential: string): PersonPasskey | null;
  /** After so long no backup can open what was destroyed; 0 where there are none. */
  backupLifeMs(): number;
}

/** Somebody worked there until then. */
export interface EndedPost {
  readonly post: string;
  readonly person: string;
  readonly until: number;
  readonly by: string;
}

/** Where archived ciphertext lies: a folder here, or whatever keeps objects by the SHA-256 of their bytes, such as a bucket of an S3 service. */
export type ArchiveMedium = Pick<Objects, 'put' | 'get' | 'has' | 'delete' | 'list'>;

/** Rejects where nobody answers in time, or with more bytes than these. */
export type SendToRecipient = (
  ...sent: readonly [url: string, body: string, answerMaxBytes: number]
) => Promise<{ readonly status: number; readonly body: string }>;

export interface VaultOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  /** IANA name: where the city's days and weeks begin. */
  readonly zone: string;
  readonly log: Log;
  /** Of its own: key file and root key. */
  readonly keyFolder: string;
  /** Of its own, apart from the keys: the journal. */
  readonly journalFolder: string;
  readonly ledger: LedgerNeeds;
  readonly datasets: DatasetNeeds;
  /** One question to policy. */
  readonly may: (principal: Principal, action: ActionName, resource: Resource) => Result<void, Refusal>;
  /** Who has signed in by this token, as policy sees them now; null once that has ended. Asking is no sign of life. */
  readonly principalNow: (sessionToken: string) => Principal | null;
  /** May this person sign in here? */
  readonly isPerson: (id: string) => boolean;
  /** Where another process on this machine has the key files: the socket that it gives them out on. */
  readonly keyHolder?: string;
  /** A passkey of this person's, as it signs on the portal's pages. */
  readonly passkeyAtPortal: (
    person: string,
    credential: string,
  ) => PersonPasskey | null | Promise<PersonPasskey | null>;
  /** Whether others may serve over the same database; without it they may where it is PostgreSQL. */
  readonly processes?: 'one' | 'many';
  /** Milliseconds that only grow; the process's own without it. */
  readonly monotonic?: () => number;
  /** Records that one person may have open at once. */
  readonly viewsPerPersonMax?: number;
  /** Test seam: content in one part of what somebody takes along. */
  readonly takeoutPartMaxBytes?: number;
  /** What a person or an organisation is called here; null where nobody is called so. */
  readonly nameOf: (id: string) => string | null;
  /** Is this an organisation that the city knows? */
  readonly isOrganisation: (id: string) => boolean;
  /** Where this person works at this moment and as what, as the city keeps it; from memory. */
  readonly postsOf: (person: string) => readonly Held[];
  /** What the ledger says of posts that ended, where something was put back: ended again, without facts; answers how many stood. */
  readonly endPosts?: (ended: readonly EndedPost[]) => Promise<number>;
  /** Somebody who looks after people's data did what has to be looked at now. */
  readonly alarm: (person: string, words: string) => void;
  /** Where the root key is; without it in a file of the key folder. */
  readonly openRoot?: () => Promise<RootKey>;
  /** How many weeks the key of a week of backups is kept after it. */
  readonly backupWeeks?: number;
  /** Who may say that a ledger is the newest where no witness can. */
  readonly opening?: {
    readonly city: string;
    check(opening: VaultOpening, signatures: readonly JobSignature[]): Result<readonly string[], Refusal>;
  };
  readonly openBackupFile?: OpenBackupFile;
  /** What the law wants kept, and for how long. */
  readonly retention: RetentionLaw;
  readonly destruction: DestructionNeeds;
  /** To recipients that have an address; without it officers send what they are asked by hand. */
  readonly sendToRecipient?: SendToRecipient;
  /** Without it nothing is archived. */
  readonly openArchive?: () => Promise<ArchiveMedium>;
  /** Test seams: files that fail, or lose what was not synced. */
  readonly openSlotFile?: (path: string) => Promise<SlotFile>;
  readonly openJournalFile?: (path: string) => Promise<FileHandle>;
  readonly beforeJournalStep?: BeforeStep;
  /** Test seam: consents taken back that stay in the journal. */
  readonly settleAbove?: number;
}
