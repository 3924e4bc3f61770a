/** The vault as a whole, for whoever operates it: how it stands, backup, restore, what opens it again, and erasing. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { JobSignature, OFFICERS_MAX, VaultOpening } from '../jobs.ts';
import { Closed, Count, Id, OneOf, OrNull, Reason, Time } from '../schema.ts';

/** On the city's own machine. */
const Folder = Type.String({ minLength: 1, maxLength: 1_000 });
const Words = Type.String({ maxLength: 2_000 });

export const WITNESS_STATES = ['not-asked', 'agrees', 'silent', 'ahead', 'contradicts'] as const;
export const VaultStanding = Closed({
  isOpen: Type.Boolean(),
  gate: Words,
  /** Null while nothing of it can be opened. */
  incarnation: OrNull(Id),
  keys: Closed({ live: Count, damaged: Count, root: OrNull(Words), medium: Words }),
  ahead: Closed({ journal: Count, ledger: Count, unsaved: Count }),
  ledger: Closed({ origin: Type.String(), size: Count }),
  witnesses: Type.Array(
    Closed({ name: Type.String(), state: OneOf(WITNESS_STATES), cosigned: OrNull(Count), seen: OrNull(Count) }),
  ),
  backups: Closed({
    last: OrNull(Closed({ at: Time, place: Type.String() })),
    /** Open in the register of copies. */
    open: Count,
    /** Weeks whose key is held, with the day on which it is destroyed. */
    weeks: Type.Array(Closed({ week: Count, destroyed: Time })),
    /** What is destroyed now opens from no backup from then on. */
    unreadableFrom: Time,
  }),
});
export type VaultStanding = Static<typeof VaultStanding>;

/** Objects of the archive, and how many of them are missing there. */
const Archived = Closed({ objects: Count, missing: Count });
export const VaultBackup = Closed({
  id: Id,
  folder: Type.String(),
  bytes: Count,
  unreadableFrom: Time,
  archive: Archived,
});
export type VaultBackup = Static<typeof VaultBackup>;
export const VaultRestored = Closed({
  backup: Id,
  made: Time,
  rows: Count,
  keys: Count,
  /** `records`: some of those whose object is nowhere. */
  archive: Closed({ objects: Count, missing: Count, records: Type.Array(Id) }),
  gate: Words,
});
export type VaultRestored = Static<typeof VaultRestored>;
/** Typed by hand, so that nobody erases by a slip: the person's id, or this. */
export const ERASE_ALL_WORDS = 'erase the whole vault';

export const vaultBackup = {
  vaultStanding: endpoint({
    name: 'vaultStanding',
    method: 'GET',
    path: '/api/vault',
    action: 'readVault',
    summary: 'How the vault stands: whether it is open, its keys, backups and witnesses',
    answer: VaultStanding,
  }),
  backUpVault: endpoint({
    name: 'backUpVault',
    method: 'POST',
    path: '/api/vault/backups',
    action: 'manageVault',
    summary: 'Back the vault up into a folder of the city’s machine',
    body: Closed({ folder: Folder, keysTo: OrNull(Folder) }),
    answer: VaultBackup,
  }),
  restoreVault: endpoint({
    name: 'restoreVault',
    method: 'POST',
    path: '/api/vault/restore',
    action: 'manageVault',
    summary: 'Put a backup in the place of what is there; the vault stays closed until its gate is passed',
    body: Closed({ folder: Folder, keysFrom: OrNull(Folder), reason: Reason }),
    answer: VaultRestored,
  }),
  vaultOpening: endpoint({
    name: 'vaultOpening',
    method: 'GET',
    path: '/api/vault/opening',
    action: 'manageVault',
    summary: 'What two officers sign to open a vault that was put back',
    answer: VaultOpening,
  }),
  openVault: endpoint({
    name: 'openVault',
    method: 'POST',
    path: '/api/vault/opening',
    action: 'manageVault',
    summary: 'Open a vault that was put back, by the signatures of two officers',
    body: Closed({
      opening: VaultOpening,
      signatures: Type.Array(JobSignature, { minItems: 1, maxItems: OFFICERS_MAX }),
    }),
    answer: Closed({ gate: Words }),
  }),
  eraseVault: endpoint({
    name: 'eraseVault',
    method: 'POST',
    path: '/api/vault/erase',
    action: 'manageVault',
    summary: 'Destroy all keys of a person, or of the whole vault',
    body: Closed({ person: OrNull(Id), reason: Reason, typed: Type.String({ maxLength: 100 }) }),
    answer: Closed({ records: Count, keys: Count, unreadableFrom: Time }),
  }),
} as const;
