/** Why a repository of artifacts is not believed. */
import { err, type Refusal } from '@cityward/kernel';

export type RepositoryCode =
  | 'METADATA_SHAPE'
  | 'METADATA_NOT_SIGNED'
  | 'METADATA_ROLLED_BACK'
  | 'METADATA_EXPIRED'
  | 'ROOT_KEYS'
  | 'ROOT_THRESHOLD'
  | 'REPOSITORY_MIXED'
  | 'TARGET_UNKNOWN';
export type RepositoryRefusal = Refusal<RepositoryCode>;

export const mistrust = (
  code: RepositoryCode,
  message: string,
): { readonly ok: false; readonly error: RepositoryRefusal } => err({ kind: 'forbidden', code, message });
