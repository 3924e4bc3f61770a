/** What went to the archive. */
import { Type, type Static } from 'typebox';
import { SignedArchive } from '../archive.ts';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, Time } from '../schema.ts';

export const ARCHIVES_SHOWN_MAX = 500;
export const ArchiveShown = Closed({ id: Id, at: Time, versions: Count, here: Count });
export type ArchiveShown = Static<typeof ArchiveShown>;

export const vaultArchive = {
  listArchives: endpoint({
    name: 'listArchives',
    method: 'GET',
    path: '/api/archives',
    action: 'readVault',
    summary: 'What went to the archive, newest first: how many versions, and how many of them are not destroyed',
    answer: Closed({ archives: Type.Array(ArchiveShown, { maxItems: ARCHIVES_SHOWN_MAX }) }),
  }),
  getArchive: endpoint({
    name: 'getArchive',
    method: 'GET',
    path: '/api/archives/:id',
    action: 'readVault',
    summary: 'The manifest of what went to the archive together, as the city signed it',
    params: OneId,
    answer: SignedArchive,
  }),
} as const;
