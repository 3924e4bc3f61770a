/** Who may make a device change, put together: officers, their signatures, artifacts and their repository. */
import type { RawRoute, Route } from '@cityward/http';
import { createArtifacts, type Artifacts } from './artifacts.ts';
import type { FleetNeeds } from './needs.ts';
import { createOfficers, type OfficersRegister } from './officers.ts';
import { createRepository, type ArtifactRepository } from './repository.ts';
import { artifactUpload, repositoryRoutes, trustRoutes, type TrustParts } from './routes-trust.ts';
import { createSignatures, type Signatures } from './signatures.ts';

export interface Trust {
  /** After the migrations. */
  start(): Promise<void>;
  readonly officers: OfficersRegister;
  readonly signatures: Signatures;
  readonly artifacts: Artifacts;
  readonly repository: ArtifactRepository;
  readonly routes: readonly Route[];
  readonly rawRoutes: readonly RawRoute[];
  /** For the listener with device certificates. */
  readonly deviceRoutes: readonly RawRoute[];
}

export function createTrust(
  {
    sql,
    clock,
    objects,
    keyFolder,
    cityName,
  }: Pick<FleetNeeds, 'sql' | 'clock' | 'objects' | 'keyFolder' | 'cityName'>,
  { jobOf, byOfficers }: Pick<TrustParts, 'jobOf' | 'byOfficers'>,
): Trust {
  const officers = createOfficers({ sql, clock, cityName });
  const signatures = createSignatures({ sql, clock, officers, jobOf });
  const artifacts = createArtifacts({ sql, clock, objects });
  const repository = createRepository({ sql, clock, keyFolder, officers, artifacts });
  return {
    start: async () => {
      for (const part of [officers, signatures, artifacts, repository]) await part.start();
    },
    officers,
    signatures,
    artifacts,
    repository,
    routes: trustRoutes({ officers, signatures, artifacts, repository, jobOf, byOfficers }),
    rawRoutes: [artifactUpload({ artifacts })],
    deviceRoutes: repositoryRoutes({ repository, artifacts }),
  };
}
