/** Where ciphertext lies: in SQL, or in the archive as it lay in SQL. */
import type { Log } from '@cityward/log';
import { sha256 } from '../domain/destruction.ts';
import type { ArchiveMedium } from '../needs.ts';

/** `null` where it is not there, or is not what was put there. */
export type FetchArchived = (sha256: string) => Promise<Buffer | null>;

export const fetchFrom =
  ({ medium, log }: { readonly medium: ArchiveMedium | null; readonly log: Log }): FetchArchived =>
  async (hash) => {
    const bytes = await medium?.get(hash).catch((fault: unknown) => {
      log.error('an object of the archive could not be read', { object: hash, fault: String(fault) });
      return null;
    });
    return bytes && sha256(bytes) === hash ? Buffer.from(bytes) : null;
  };

interface Lying {
  readonly content: Buffer | null;
  /** By the SHA-256 of its object. */
  readonly archived: string | null;
}
export const sealedOf = async (fetch: FetchArchived, { content, archived }: Lying): Promise<Buffer | null> =>
  content ?? (archived === null ? null : fetch(archived));
