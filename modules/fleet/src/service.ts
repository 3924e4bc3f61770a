/** Puts the parts of fleet together: who may make a device change, and the changes themselves. */
import type { RawRoute, Route } from '@cityward/http';
import { refuse } from '@cityward/kernel';
import type { Artifacts } from './artifacts.ts';
import type { FleetNeeds } from './needs.ts';
import type { OfficersRegister } from './officers.ts';
import type { ArtifactRepository } from './repository.ts';
import type { Signatures } from './signatures.ts';
import { createTrust } from './trust.ts';

export interface Fleet {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly officers: OfficersRegister;
  readonly signatures: Signatures;
  readonly artifacts: Artifacts;
  /** Metadata of the artifacts for TUF clients. */
  readonly repository: ArtifactRepository;
  readonly routes: readonly Route[];
  /** Whole files that arrive piece by piece. */
  readonly rawRoutes: readonly RawRoute[];
}

export function createFleet(needs: FleetNeeds): Fleet {
  const trust = createTrust(needs, (change) =>
    Promise.resolve(refuse('not-found', 'CHANGE_UNKNOWN', `find change "${change}": there is none of that id`)),
  );
  return {
    start: async () => {
      await needs.sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
      await trust.start();
    },
    stop: () => Promise.resolve(),
    officers: trust.officers,
    signatures: trust.signatures,
    artifacts: trust.artifacts,
    repository: trust.repository,
    routes: trust.routes,
    rawRoutes: trust.rawRoutes,
  };
}
