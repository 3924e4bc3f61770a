/** Changes of simulated devices: the agent's own code on thin disks, and images that say how they misbehave. */
import { join } from 'node:path';
import type { DeviceClass } from '@cityward/contracts';
import { hash32, MINUTE_MS, ok, SECOND_MS, type Refusal } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { refusalLine, type Self } from './agent-changes.ts';
import { createGate, type Connection, type Gate } from './connection.ts';
import type { Credential } from './credentials.ts';
import { asOfficers, createChanges, type Changes } from './update/changes.ts';
import { download, type ContentHost } from './update/download.ts';
import { OFFICERS_FILE, openOfficers, type PinnedOfficers } from './update/officers.ts';
import { imageName, type Booted } from './update/slots.ts';
import { openThinDisks, type ThinDisk } from './update/thin-disk.ts';
import { openSettings, type Bounds } from './update/settings.ts';
import { STATE_FILE } from './update/updater.ts';
import { eraseDisk, proveWiped } from './update/wiping.ts';
import { DownloadFault, type Acts, type Runs, type UpdaterParts } from './update/work.ts';

const DOWNLOADS_AT_ONCE = 8;
/** How long a device is away while it starts anew: the shortest, and how much longer by its id. */
const RESTART_MS = 2 * SECOND_MS;
const RESTART_SPREAD_MS = 4 * SECOND_MS;
const CONFIRM_MS = 3 * MINUTE_MS;

export interface SimulatedChangesParts {
  readonly dataFolder: string;
  readonly content: ContentHost;
  readonly log: Log;
  /** Does the site's network let the device reach the city? */
  readonly passes: (device: string) => boolean;
  /** Of one restart, in milliseconds; for tests. */
  readonly restartMs?: (device: string) => number;
  readonly confirmMs?: number;
}
export interface SimulatedDevice {
  readonly id: string;
  readonly firmware: string | null;
  /** As it is now: a rotation makes another. */
  readonly credential: Credential;
  /** Makes a new key, gets its certificate, and dials anew with it. */
  readonly renew: () => Promise<void>;
  readonly connection: () => Connection;
  /** False while its link is cut on purpose. */
  readonly mayDial: () => boolean;
  readonly class: DeviceClass;
  /** It has erased itself: its certificate is forgotten, and it never dials again. */
  readonly forget: () => void;
}
export interface SimulatedChanges {
  /** Changed before, so that it has to go on or to report. */
  knows(device: string): boolean;
  create(device: SimulatedDevice): Changes;
  /** Takes a document of newer officers, which all simulated devices keep together; false for any other message. */
  follow(device: SimulatedLink, payload: Uint8Array): boolean;
  /** What a simulated device says of itself. */
  self(device: string, runs: Runs): Self;
  /** Pinned for all simulated devices together. */
  readonly officers: PinnedOfficers;
  /** Downloads as this device. */
  fetchFor(device: Pick<SimulatedDevice, 'id' | 'credential'>): UpdaterParts['download'];
}
export type SimulatedLink = Pick<SimulatedDevice, 'id' | 'connection'>;

/** How an image behaves, as its first line says: `cityward-simulated {"unhealthy":0.03,"silent":0.02,"seed":"night"}`. */
export interface Behaviour {
  /** Of the devices that start it, so many find it unhealthy, and so many are never heard of again until they go back. */
  readonly unhealthy: number;
  readonly silent: number;
  readonly seed: string;
}
const HARMLESS: Behaviour = { unhealthy: 0, silent: 0, seed: '' };
const FIRST_LINE = /^cityward-simulated (\{[^\n]{1,300}\})\r?\n/u;
const share = (value: unknown): number => (typeof value === 'number' && value >= 0 && value <= 1 ? value : 0);

export function behaviourOf(head: string): Behaviour {
  const text = FIRST_LINE.exec(head)?.[1];
  if (text === undefined) return HARMLESS;
  try {
    const said = JSON.parse(text) as Partial<Behaviour>;
    return { unhealthy: share(said.unhealthy), silent: share(said.silent), seed: String(said.seed ?? '') };
  } catch {
    return HARMLESS;
  }
}

const REVISIONS = ['rev-a', 'rev-b', 'rev-c'] as const;
/** The same for the same device, whenever it is asked. */
export const hardwareOf = (device: string): string => REVISIONS[hash32(`hardware/${device}`) % REVISIONS.length]!;

/**
 * One pinned file for all simulated devices: the first that hears of newer officers pins them for all, and for the others a document
 * that was pinned here before is no news.
 */
function sharedOfficers(officers: PinnedOfficers): PinnedOfficers {
  const pinned = new Set<string>();
  return {
    get current() {
      return officers.current;
    },
    look: officers.look,
    follow: (next, now) => {
      const text = JSON.stringify(next.officers);
      if (officers.current && pinned.has(text)) return ok(officers.current);
      const followed = officers.follow(next, now);
      if (followed.ok) pinned.add(text);
      return followed;
    },
  };
}

export type Fate = 'well' | 'unhealthy' | 'silent';
const PARTS = 1_000_000;
/** The same for the same device, image and seed. */
export function fateOf({ unhealthy, silent, seed }: Behaviour, device: string): Fate {
  const place = (Math.imul(hash32(`${seed}/${device}`) ^ 0x5bd1e995, 0x9e3779b1) >>> 0) % PARTS;
  if (place < unhealthy * PARTS) return 'unhealthy';
  return place < (unhealthy + silent) * PARTS ? 'silent' : 'well';
}

const fateNow = (disk: ThinDisk, device: string, booted: Pick<Booted, 'firmware'>): Fate =>
  booted.firmware?.trial ? fateOf(behaviourOf(disk.head(imageName('firmware', booted.firmware.slot))), device) : 'well';

function officersIn({ dataFolder, log }: SimulatedChangesParts): PinnedOfficers {
  const pinned = openOfficers(dataFolder, join(dataFolder, OFFICERS_FILE), (outcome) => {
    if (outcome.ok) log.info('officers pinned for the simulated devices', { version: outcome.value.version });
    else log.warn('officers not pinned for the simulated devices', { reason: outcome.error.message });
  });
  return sharedOfficers(pinned);
}

const PERCENT: Bounds = { min: 0, max: 100 };
/** What moves in the street; nothing of it is life safety. */
const SETTINGS: Partial<Record<DeviceClass, Readonly<Record<string, Bounds>>>> = {
  'street-light': { brightness_pct: PERCENT },
  'water-pump': { speed_pct: { min: 0, max: 80 } },
  camera: { infrared_pct: PERCENT },
};

function actsOf(device: SimulatedDevice, disk: ThinDisk): Acts {
  const settings = openSettings(disk, SETTINGS[device.class] ?? {}, () => Promise.resolve());
  return {
    set: settings.set,
    rotate: (what) =>
      what === 'certificate'
        ? device.renew()
        : Promise.reject(new Error('rotate "credentials": this device has none but its certificate')),
    wipe: {
      erase: () =>
        Promise.resolve(`Erased ${eraseDisk(disk)} files of images, documents and settings; it has no memory card`),
      prove: (report) => proveWiped(device.id, device.credential, report),
      leave: () => {
        device.forget();
        disk.erase(STATE_FILE);
      },
    },
  };
}

/** So many at a time, and only where the site's network lets it pass. */
const fetchFor =
  (
    parts: SimulatedChangesParts,
    gate: Gate,
    device: Pick<SimulatedDevice, 'id' | 'credential'>,
  ): UpdaterParts['download'] =>
  async (wanted, write, signal) => {
    const leave = await new Promise<() => void>((resolve) => gate.enter(resolve));
    try {
      if (!parts.passes(device.id)) throw new DownloadFault(`download for "${device.id}": its site lets nothing pass`);
      await download({ host: parts.content, credential: device.credential, wanted }, write, signal);
    } finally {
      leave();
    }
  };

export function createSimulatedChanges(parts: SimulatedChangesParts): SimulatedChanges {
  const { log } = parts;
  const disks = openThinDisks(parts.dataFolder);
  const known = new Set(disks.devices());
  const officers = officersIn(parts);
  const gate = createGate(DOWNLOADS_AT_ONCE);
  const restartMs = parts.restartMs ?? ((device: string) => RESTART_MS + (hash32(device) % RESTART_SPREAD_MS));

  return {
    knows: (device) => known.has(device),
    officers,
    fetchFor: (device) => fetchFor(parts, gate, device),
    self: (device, runs) => {
      officers.look();
      return { ...runs, officers: officers.current?.version ?? null, hardware: hardwareOf(device) };
    },
    follow: ({ id, connection }, payload) => {
      const next = asOfficers(payload);
      if (!next) return false;
      const followed = officers.follow(next, Date.now());
      if (followed.ok)
        log.info('newer officers are trusted by the simulated devices', { version: followed.value.version });
      else connection().publish('obs', refusalLine(id, followed.error, null));
      return true;
    },
    create: (device) => {
      const disk = disks.of(device.id);
      let fate: Fate = 'well';
      return createChanges({
        device: device.id,
        disk,
        factory: device.firmware,
        officers,
        download: fetchFor(parts, gate, device),
        publish: (report, acknowledged) => device.connection().publish('report', report, acknowledged),
        restart: (start) => {
          const open = (): void => {
            const booted = start();
            fate = fateNow(disk, device.id, booted);
            if (fate !== 'silent' && device.mayDial()) device.connection().open();
          };
          const away = (): void => void setTimeout(open, restartMs(device.id)).unref();
          device.connection().close().then(away, away);
        },
        isHealthy: () => fate === 'well',
        acts: actsOf(device, disk),
        alarm: (refusal: Refusal, job) => device.connection().publish('obs', refusalLine(device.id, refusal, job)),
        followed: () => undefined, // officers come by `follow`
        failed: (fault) => log.error('changes of a device have stopped', { device: device.id, fault: String(fault) }),
        confirmMs: parts.confirmMs ?? CONFIRM_MS,
      });
    },
  };
}
