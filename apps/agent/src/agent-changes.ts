/** The changes of one real device: its slots in its data folder, its officers beside its key, its link for orders and reports. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine, Status } from '@cityward/contracts';
import type { Refusal } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Connection } from './connection.ts';
import type { Credential } from './credentials.ts';
import { createChanges, type Changes } from './update/changes.ts';
import { eraseFile, folderDisk, type Disk } from './update/disk.ts';
import { download, type ContentHost } from './update/download.ts';
import { OFFICERS_FILE, openOfficers } from './update/officers.ts';
import { hasLeft } from './update/progress.ts';
import { openSettings, type Bounds } from './update/settings.ts';
import { loadSaved, STATE_FILE } from './update/updater.ts';
import { eraseDisk, eraseFolder, proveWiped } from './update/wiping.ts';
import type { Runs } from './update/work.ts';

const APP = 'cityward-agent';
/** Severities of RFC 5424: an alert, a warning. */
const ALERT = 1;
const WARNING = 4;
const MESSAGE_MAX_CHARS = 2_000;

export interface AgentChangesParts {
  readonly device: string;
  readonly dataFolder: string;
  readonly log: Log;
  readonly content: ContentHost;
  /** The file to pin officers from at commissioning; null when they are pinned already, or are not to be. */
  readonly officersFile: string | null;
  /** Version that the device left the factory with. */
  readonly firmware: string | null;
  /** Its hardware revision; null where nobody knows it. */
  readonly hardware: string | null;
  readonly confirmMs?: number;
  readonly connection: () => Connection | null;
  readonly credential: () => Credential;
  /** What a signed order may set, within these bounds; and what moves it. */
  readonly settings: Readonly<Record<string, Bounds>>;
  readonly move: (name: string, to: number) => Promise<void>;
  /** Folder of its memory card; null for none. */
  readonly card: string | null;
  /** It has erased itself and said so: keys and officers go, and it ends. */
  readonly leave: () => void;
  /** A new certificate with a new key, in use from then on. */
  readonly renew: () => Promise<void>;
}

export interface Self extends Runs {
  readonly officers: number | null;
  readonly hardware: string | null;
}

/** What the device says of itself when it comes, and when that has changed. */
export const runningStatus = (device: string, { firmware, document, officers, hardware }: Self): Status => ({
  kind: 'status',
  at: Date.now(),
  subject: device,
  state: 'online',
  running: { firmware, document, officers, ...(hardware === null ? {} : { hardware }) },
});

/** As a log line of the device: the stream keeps it, whatever becomes of the report. */
export const refusalLine = (device: string, refusal: Refusal, job: string | null): LogLine => ({
  kind: 'log',
  at: Date.now(),
  subject: device,
  severity: (refusal as { alarm?: boolean }).alarm === false ? WARNING : ALERT,
  app: APP,
  message: `change ${job ?? 'without a name'} refused, ${refusal.code}: ${refusal.message}`.slice(0, MESSAGE_MAX_CHARS),
});

const updateDisk = (dataFolder: string): Disk => folderDisk(join(dataFolder, 'update'));

function eraseAll({ card }: AgentChangesParts, disk: Disk): string {
  const files = eraseDisk(disk);
  if (card === null) return `Erased ${files} files of images, documents and settings; it has no memory card`;
  return `Erased ${files} files of images, documents and settings, and ${eraseFolder(card)} of its memory card`;
}

/** Whether a wipe was done and told, and only what it needed to tell is left: the power went just before. */
export const isLeaving = (dataFolder: string): boolean => hasLeft(loadSaved(updateDisk(dataFolder)));

/** What a wipe leaves for last: the officers, and at the very end the record that says how far it was. */
export function eraseRest(dataFolder: string): void {
  eraseFile(join(dataFolder, OFFICERS_FILE));
  // Of a site gateway: the accounts of the cameras behind it.
  rmSync(join(dataFolder, 'gateway'), { recursive: true, force: true });
  const disk = updateDisk(dataFolder);
  eraseDisk(disk);
  disk.erase(STATE_FILE);
  disk.syncFolder();
}

export function createAgentChanges(parts: AgentChangesParts): Changes {
  const { device, log } = parts;
  const { hardware } = parts;
  const disk = updateDisk(parts.dataFolder);
  const settings = openSettings(disk, parts.settings, parts.move);
  const officers = openOfficers(parts.dataFolder, parts.officersFile, (outcome) => {
    if (outcome.ok) log.info('officers pinned', { version: outcome.value.version, city: outcome.value.city });
    else log.error('officers not pinned', { reason: outcome.error.message });
  });
  const changes: Changes = createChanges({
    device,
    disk,
    factory: parts.firmware,
    officers,
    download: (wanted, write, signal) =>
      download({ host: parts.content, credential: parts.credential(), wanted }, write, signal),
    publish: (report, acknowledged) => parts.connection()?.publish('report', report, acknowledged) ?? false,
    restart: (start) => {
      const link = parts.connection();
      const again = (): void => {
        start();
        link?.open();
      };
      (link?.close() ?? Promise.resolve()).then(again, (fault: unknown) =>
        log.error('the restart failed', { fault: String(fault) }),
      );
    },
    acts: {
      set: settings.set,
      wipe: {
        erase: () => Promise.resolve(eraseAll(parts, disk)),
        prove: (report) => proveWiped(device, parts.credential(), report),
        leave: parts.leave,
      },
      rotate: (what) =>
        what === 'certificate'
          ? parts.renew()
          : Promise.reject(new Error('rotate "credentials": this device has none but its certificate')),
    },
    alarm: (refusal, job) => {
      log.warn('a change was refused', { refusal: refusal.code, job, reason: refusal.message });
      parts.connection()?.publish('obs', refusalLine(device, refusal, job));
    },
    followed: () => {
      log.info('newer officers are trusted', { version: changes.officers });
      parts
        .connection()
        ?.publish('obs', runningStatus(device, { ...changes.runs, officers: changes.officers, hardware }));
    },
    failed: (fault) => log.error('changes have stopped until the next start', { fault: String(fault) }),
    ...(parts.confirmMs === undefined ? {} : { confirmMs: parts.confirmMs }),
  });
  return changes;
}
