/** Keeps the versions of the officers' document; takes a new one only as the old one's officers signed it. */
import type { Officers, SignedOfficers } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';

export interface OfficersRegister {
  start(): Promise<void>;
  /** The newest version; null before the city has pinned its first. */
  current(): Officers | null;
  /** Every version, oldest first: a device that was long away follows them one by one. */
  versions(): readonly SignedOfficers[];
  /** Takes version 1 signed by itself, or a validly signed next one. */
  add(signed: SignedOfficers, by: string): Promise<Result<Officers, Refusal>>;
}
