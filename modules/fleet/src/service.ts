/** Puts the parts of fleet together: who may make a device change, and the changes themselves. */
import type { RawRoute, Route } from '@cityward/http';
import type { Artifacts } from './artifacts.ts';
import { createChanges, type Changes } from './changes.ts';
import { createDesired, type DesiredState } from './desired.ts';
import { createDesk, type Desk } from './desk.ts';
import { createFreezes, type Freezes } from './freeze.ts';
import type { FleetNeeds } from './needs.ts';
import type { OfficersRegister } from './officers.ts';
import type { ArtifactRepository } from './repository.ts';
import { changeRoutes } from './routes-changes.ts';
import type { Signatures } from './signatures.ts';
import { createTrust, type Trust } from './trust.ts';

export interface Fleet {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly officers: OfficersRegister;
  readonly signatures: Signatures;
  readonly artifacts: Artifacts;
  /** Metadata of the artifacts for TUF clients. */
  readonly repository: ArtifactRepository;
  readonly changes: Changes;
  readonly desired: DesiredState;
  /** By which drivers reach the fleet. */
  readonly desk: Desk;
  /** While an incident touches a site (or `all`), nothing there changes. */
  readonly freezes: Freezes;
  readonly routes: readonly Route[];
  /** Whole files that arrive piece by piece. */
  readonly rawRoutes: readonly RawRoute[];
  /** For the listener with device certificates: the repository of artifacts. */
  readonly deviceRoutes: readonly RawRoute[];
}

export function createFleet(needs: FleetNeeds): Fleet {
  const { sql, clock } = needs;
  const trust: Trust = createTrust(needs, (change) => changes.job(change));
  const freezes = createFreezes({ sql, clock });
  const desired = createDesired({ sql, clock, columns: needs.city.columns });
  const { signatures, artifacts } = trust;
  const changes: Changes = createChanges({
    ...needs,
    ...needs.city,
    artifact: artifacts.get,
    artifacts: artifacts.list,
    signed: signatures.standing,
    signaturesOf: (job) => signatures.of(job.id),
    document: desired.document,
    freezes,
  });
  const desk = createDesk({
    running: changes.running,
    artifactBytes: artifacts.bytes,
    document: desired.document,
    shown: desired.shown,
    shows: desired.shows,
    downgraded: (device, from, to) => {
      const reason = `runs ${to}, ran ${from} before, and no change sent it back`;
      needs.alarm(device, 'downgrade', reason);
      const fact = { module: 'fleet', type: 'fleet.downgraded', actor: device, subject: device } as const;
      sql
        .transact((tx) => Promise.resolve(tx.record({ ...fact, at: clock(), data: { from, to, reason } })))
        .catch((error: unknown) =>
          needs.log.warn('a downgrade is not in the evidence', { device, error: String(error) }),
        );
    },
  });
  return {
    start: async () => {
      await sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
      await trust.start();
      await desired.start();
      await changes.start();
    },
    stop: async () => {
      await changes.stop();
      await desired.stop();
    },
    officers: trust.officers,
    signatures,
    artifacts,
    repository: trust.repository,
    changes,
    desired,
    desk,
    freezes,
    routes: [...trust.routes, ...changeRoutes({ changes, desired })],
    rawRoutes: trust.rawRoutes,
    deviceRoutes: trust.deviceRoutes,
  };
}
