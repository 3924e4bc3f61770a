/** Puts the parts of fleet together: who may make a device change, and the changes themselves. */
import type { FactType } from '@cityward/contracts';
import type { RawRoute, Route } from '@cityward/http';
import { baselineFor, withRereading } from './baseline-fleet.ts';
import type { Baseline } from './baseline.ts';
import type { Artifacts } from './artifacts.ts';
import { createChanges, type Changes } from './changes.ts';
import { createDesired, type DesiredState } from './desired.ts';
import { createDesk, type Desk } from './desk.ts';
import { createFreezes, type Freezes } from './freeze.ts';
import { createGate, type CommissioningGate } from './gate.ts';
import { createHandovers } from './handovers.ts';
import { createDepartures, type Departures } from './leaving.ts';
import type { FleetNeeds } from './needs.ts';
import type { OfficersRegister } from './officers.ts';
import type { ArtifactRepository } from './repository.ts';
import { baselineRoutes } from './routes-baseline.ts';
import { changeRoutes } from './routes-changes.ts';
import { gateRoutes } from './routes-gate.ts';
import { leavingRoutes } from './routes-leaving.ts';
import type { Signatures } from './signatures.ts';
import { createShown, type ShownStates } from './shown.ts';
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
  /** What a device must show before it is handed over. */
  readonly gate: CommissioningGate;
  /** Replaced, retired, stolen. */
  readonly departures: Departures;
  /** How devices are set up against what the city asks. */
  readonly baseline: Baseline;
  readonly routes: readonly Route[];
  /** Whole files that arrive piece by piece. */
  readonly rawRoutes: readonly RawRoute[];
  /** For the listener with device certificates: the repository of artifacts. */
  readonly deviceRoutes: readonly RawRoute[];
}

export function createFleet(needs: FleetNeeds): Fleet {
  const { sql, clock } = needs;
  const shown = createShown({ sql, clock });
  const trust: Trust = createTrust(needs, { jobOf: (change) => changes.job(change), byOfficers: shown.byOfficers });
  const freezes = createFreezes({ sql, clock });
  const showsDocument = (device: string): string | null => shown.of(device)?.document ?? null;
  const namesDocuments = (device: string): boolean => shown.of(device)?.officers != null;
  const { columns } = needs.city;
  const desired = createDesired({ sql, clock, columns, shows: showsDocument, namesDocuments });
  const { signatures, artifacts } = trust;
  // A camera that takes orders itself signs itself: its gateway's word does not stand in for its own.
  const wipeSigner = (device: string): string =>
    (shown.of(device)?.officers == null ? needs.leaving.gatewayOfCamera(device) : null) ?? device;
  const changes: Changes = createChanges({
    ...needs,
    wipeSigner,
    ...needs.city,
    artifact: artifacts.get,
    artifacts: artifacts.list,
    signed: signatures.standing,
    signaturesOf: (job) => signatures.of(job.id),
    document: desired.document,
    shows: showsDocument,
    drifted: desired.drifted,
    expects: shown.expects,
    freezes,
  });
  signatures.onSigned(({ id, devices }) => changes.running.waits(id, devices.count));
  const baseline = baselineFor(needs, { artifacts, desired, changes, shows: showsDocument });
  const desk = deskFor(needs, { changes, artifacts, desired, shown, officers: trust.officers });
  const gating = createGating(needs, { changes, shown });
  return {
    start: async () => {
      await sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
      await shown.start();
      await trust.start();
      await desired.start();
      await Promise.all([changes.start(), baseline.start()]);
      await gating.start();
    },
    stop: async () => {
      gating.departures.stop();
      await Promise.all([baseline.stop(), changes.stop()]);
      await shown.stop();
    },
    officers: trust.officers,
    signatures,
    artifacts,
    repository: trust.repository,
    changes,
    desired,
    desk: withRereading(desk, baseline, needs),
    freezes,
    gate: gating.gate,
    departures: gating.departures,
    baseline,
    routes: [...trust.routes, ...changeRoutes({ changes, desired }), ...gating.routes, ...baselineRoutes(baseline)],
    rawRoutes: trust.rawRoutes,
    deviceRoutes: trust.deviceRoutes,
  };
}

type ForDesk = Pick<Fleet, 'changes' | 'artifacts' | 'desired' | 'officers'> & { readonly shown: ShownStates };

const deskFor = (needs: FleetNeeds, { changes, artifacts, desired, shown, officers }: ForDesk): Desk =>
  createDesk({
    running: changes.running,
    artifactBytes: artifacts.bytes,
    document: desired.document,
    shown,
    officers,
    downgraded: (device, from, to) => tellDowngrade(needs, device, { from, to }),
    explained: (device, reason) => tell(needs, 'change.explained-by-device', { device, data: { reason } }),
  });

/** Whatever the evidence does, a person hears of it at once. */
function tellDowngrade(needs: FleetNeeds, device: string, went: { from: string; to: string }): void {
  const reason = `runs ${went.to}, ran ${went.from} before, and no change sent it back`;
  needs.alarm(device, 'downgrade', reason);
  tell(needs, 'fleet.downgraded', { device, data: { ...went, reason } });
}

interface Shown {
  readonly device: string;
  readonly data: Readonly<Record<string, string>>;
}
/** What a device showed or said by itself. */
function tell({ sql, clock, log }: FleetNeeds, type: FactType, { device, data }: Shown): void {
  const fact = { module: 'fleet', type, actor: device, subject: device, at: clock(), data } as const;
  sql
    .transact((tx) => Promise.resolve(tx.record(fact)))
    .catch((error: unknown) => log.warn('it is not in the evidence', { device, type, error: String(error) }));
}

/** How devices come in for good, and how they go. */
function createGating(needs: FleetNeeds, { changes, shown }: { changes: Changes; shown: ShownStates }) {
  const own = { ...needs, ports: needs.gate };
  const gate = createGate(own);
  const handovers = createHandovers(own, gate);
  const cannotWipe = (device: string): string | null =>
    needs.leaving.cannotWipe(device) ??
    (shown.of(device)?.officers == null && !needs.leaving.isCarried(device)
      ? 'it has not shown that it takes changes that officers sign'
      : null);
  const ports = { ...needs.leaving, cannotWipe };
  const departures = createDepartures({ ...needs, ports, gate, changes, forgetRunning: shown.forget });
  const facts = (device: string) => {
    const known = needs.gate.device(device);
    return known && { class: known.class, site: known.place.site };
  };
  const routes = [...gateRoutes({ gate, handovers, facts }), ...leavingRoutes({ departures, facts })];
  const start = async (): Promise<void> => {
    await handovers.start();
    await departures.start();
  };
  return { gate, departures, routes, start };
}
