/** Artifacts for devices: bytes in objects by their hash, what they are for in SQL. */
import { inTurn, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { ObjectBytes, Objects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';
import { About, TARGETS_MAX } from './domain/tuf/metadata.ts';
import { fits } from './domain/trust/shape.ts';
import { artifactRows, insertArtifact, type Artifact } from './store-trust.ts';

/** The largest firmware that a device is sent. */
export const ARTIFACT_MAX_BYTES = 1_073_741_824;

export interface Artifacts {
  start(): Promise<void>;
  /** From memory. */
  get(sha256: string): Artifact | null;
  list(): readonly Artifact[];
  /** The bytes, to be read piece by piece; null when there are none. */
  bytes(sha256: string): Promise<ObjectBytes | null>;
  /** Takes the bytes as they arrive; the same artifact again is no fault, another one of that name and version is. */
  add(about: About, bytes: AsyncIterable<Uint8Array>, by: string): Promise<Result<Artifact, Refusal>>;
}

export interface ArtifactNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly objects: Pick<Objects, 'putStream' | 'open'>;
  readonly maxBytes?: number;
}

export function createArtifacts({ sql, clock, objects, maxBytes = ARTIFACT_MAX_BYTES }: ArtifactNeeds): Artifacts {
  const kept = new Map<string, Artifact>();
  const turn = inTurn();
  const byName = ({ name, version }: About): Artifact | undefined =>
    [...kept.values()].find((one) => one.name === name && one.version === version);

  /** What is refused here leaves its bytes in objects: others may keep something under the same hash. */
  const keep = async (artifact: Artifact): Promise<Result<Artifact, Refusal>> => {
    const { sha256, name, version, kind, size, at, by } = artifact;
    const same = kept.get(sha256);
    if (same?.name === name && same.version === version) return ok(same);
    const other = same ?? byName(artifact);
    if (other) return refuse('conflict', 'ARTIFACT_KNOWN', knownText(artifact, other));
    if (kept.size >= TARGETS_MAX)
      return refuse('conflict', 'ARTIFACTS_FULL', `keep artifact "${name}": there are ${TARGETS_MAX} already`);
    await sql.transact(async (tx) => {
      await insertArtifact(tx, artifact);
      const data = { title: `${name} ${version}`, name, version, kind, size };
      tx.record({ module: 'fleet', type: 'artifact.added', actor: by, subject: sha256, at, data });
    });
    kept.set(sha256, artifact);
    return ok(artifact);
  };

  return {
    start: async () => {
      kept.clear();
      for (const row of await artifactRows(sql)) kept.set(row.sha256, row);
    },
    get: (sha256) => kept.get(sha256) ?? null,
    list: () => [...kept.values()],
    bytes: (sha256) => (kept.has(sha256) ? objects.open(sha256) : Promise.resolve(null)),
    add: async (about, bytes, by) => {
      if (!fits(About, about))
        return refuse(
          'invalid',
          'ARTIFACT_SHAPE',
          'keep an artifact: name, version or what it is for is not of the wanted form',
        );
      const taken = await objects.putStream(bytes, maxBytes);
      if (!taken)
        return refuse(
          'too-large',
          'ARTIFACT_TOO_LARGE',
          `keep artifact "${about.name}": it has more than ${maxBytes} bytes`,
        );
      const { hash: sha256, size } = taken;
      if (size === 0) return refuse('invalid', 'ARTIFACT_EMPTY', `keep artifact "${about.name}": it has no bytes`);
      return turn(() => keep({ ...about, sha256, size, at: clock(), by }));
    },
  };
}

const knownText = (wanted: About, other: Artifact): string =>
  other.name === wanted.name && other.version === wanted.version
    ? `keep artifact "${wanted.name}": version "${wanted.version}" is there with other bytes`
    : `keep artifact "${wanted.name}": the same bytes are there as "${other.name}" version "${other.version}"`;
