/** Artifacts for devices: bytes in objects by their hash, what they are for in SQL. */
import type { ArtifactRef } from '@cityward/contracts';

export interface Artifact extends ArtifactRef {
  readonly kind: 'firmware' | 'configuration';
  /** Device classes, models and hardware revisions that it is for; none named means all. */
  readonly classes: readonly string[];
  readonly models: readonly string[];
  readonly hardware: readonly string[];
  readonly at: number;
}

export interface Artifacts {
  start(): Promise<void>;
  /** From memory. */
  get(sha256: string): Artifact | null;
  list(): readonly Artifact[];
  /** The bytes, checked against their hash; null when there are none. */
  bytes(sha256: string): Promise<Uint8Array | null>;
}
