/** Signatures of officers on planned changes: verified as a device would, then stored. */
import type { ChangeJob, JobSignature } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';

/** How far a change is from being allowed. */
export interface Signed {
  readonly needed: number;
  readonly officers: readonly string[];
  /** True when one more thing is wanted: a signature made by `cityward sign`. */
  readonly wantsOffline: boolean;
  readonly complete: boolean;
}

export interface Signatures {
  start(): Promise<void>;
  /** From memory, in the order of officers' ids. */
  of(change: string): readonly JobSignature[];
  standing(job: ChangeJob): Signed;
  add(change: string, signature: JobSignature, by: string): Promise<Result<Signed, Refusal>>;
  /** Called after a signature is stored. */
  onSigned(listener: (change: string, signed: Signed) => void): () => void;
}
