/** `firmwaremanagement.cgi`: two partitions, commit and rollback, and the refusals of AXIS OS with their numbers. */
import { compareVersions } from '@cityward/fleet/verify';
import { MINUTE_MS } from '@cityward/kernel';
import { fault, isRecord, type Answered, type JsonApi } from './answers.ts';
import { partOf, resetFlash, type FirmwareFlash, type Flash, type Partition } from './flash.ts';
import type { ImageFacts } from './image.ts';

const DEFAULT_ROLLBACK_MINUTES = 15;
export const FIRMWARE_CODES = { json: 400, method: 405, version: 417 } as const;

/** Moments of an upgrade at which a test may cut the power. */
export const FIRMWARE_MOMENTS = ['upload', 'written', 'started', 'commit'] as const;
export type FirmwareMoment = (typeof FIRMWARE_MOMENTS)[number];

export interface FirmwareParts {
  readonly model: string;
  readonly flash: Flash;
  readonly now: () => number;
  /** What the camera claims to run, where it lies. */
  readonly shown: () => string | null;
  readonly isBusy: () => boolean;
  /** True where the power goes now: what was not kept before is lost. */
  readonly powerGoes: (moment: FirmwareMoment) => boolean;
}

/** The power went: nobody is answered. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

function status({ flash, now, shown }: FirmwareParts): Answered {
  const { active, inactive, isCommitted, rollbackAt, lastUpgradeAt } = flash.firmware;
  return {
    data: {
      activeFirmwareVersion: shown() ?? active.version,
      activeFirmwarePart: active.part,
      ...(inactive ? { inactiveFirmwareVersion: inactive.version } : {}),
      isCommited: isCommitted,
      ...(isCommitted ? {} : { pendingCommit: 'manual' }),
      ...(rollbackAt === null ? {} : { timeToRollback: Math.max(0, Math.ceil((rollbackAt - now()) / MINUTE_MS)) }),
      ...(lastUpgradeAt === null ? {} : { lastUpgradeAt: new Date(lastUpgradeAt).toISOString() }),
    },
  };
}

/** The other partition becomes the one that runs. */
function goBack(flash: Flash): void {
  const { active, inactive } = flash.firmware;
  if (!inactive) return;
  flash.firmware = { ...flash.firmware, active: inactive, inactive: active, isCommitted: true, rollbackAt: null };
}

/** What a start does: starts what was staged, commits it where the upgrade said so. */
export function startFirmware(flash: Flash, now: number): void {
  const own = flash.firmware;
  if (!own.isStaged || !own.inactive) return;
  flash.firmware = {
    ...own,
    active: own.inactive,
    inactive: own.active,
    isStaged: false,
    isCommitted: own.autoCommit !== 'never',
    rollbackAt:
      own.autoCommit === 'never' && own.rollbackMinutes !== null ? now + own.rollbackMinutes * MINUTE_MS : null,
  };
}

/** True where its time was over, and it has gone back. */
export function rollBackInTime(flash: Flash, now: number): boolean {
  const { rollbackAt, isCommitted, inactive } = flash.firmware;
  if (isCommitted || rollbackAt === null || now < rollbackAt || !inactive) return false;
  goBack(flash);
  return true;
}

interface UpgradeParams {
  readonly autoCommit: FirmwareFlash['autoCommit'];
  readonly rollbackMinutes: number | null;
  readonly factoryDefault: 'none' | 'soft' | 'hard';
}

function readParams(params: unknown): UpgradeParams | null {
  const {
    factoryDefaultMode = 'none',
    autoCommit = 'default',
    autoRollback = 'default',
  } = isRecord(params) ? params : {};
  const resets = ['none', 'soft', 'hard'] as const;
  const factoryDefault = resets.find((mode) => mode === factoryDefaultMode);
  const commits =
    autoCommit === 'default' ? 'boot' : (['never', 'boot', 'started'] as const).find((one) => one === autoCommit);
  const rolls = String(autoRollback);
  const minutes = rolls === 'never' ? null : rolls === 'default' ? DEFAULT_ROLLBACK_MINUTES : Number(rolls);
  if (!factoryDefault || !commits || (minutes !== null && !(Number.isInteger(minutes) && minutes > 0))) return null;
  return { factoryDefault, autoCommit: commits, rollbackMinutes: minutes };
}

/** Why this image is not taken, with the number that says so. */
function refusalOf(
  parts: FirmwareParts,
  facts: ImageFacts | null,
  reset: UpgradeParams['factoryDefault'],
): Answered | null {
  if (!facts) return fault(415, 'The firmware file is not valid');
  if (facts.product !== '*' && facts.product !== parts.model) return fault(421, 'The firmware is for another product');
  if (facts.signature === 'revoked') return fault(410, 'The firmware has been revoked');
  if (facts.signature === 'none') return fault(422, 'The firmware is not signed');
  if (facts.signature === 'custom') return fault(424, 'The custom firmware certificate is not known');
  const isOlder = compareVersions(facts.version, parts.flash.firmware.active.version) < 0;
  return isOlder && reset === 'none' ? fault(409, 'A downgrade needs a factory default') : null;
}

/** Takes an image that has arrived whole. */
export function upgrade(parts: FirmwareParts, params: unknown, facts: ImageFacts | null): Answered {
  const { flash, now } = parts;
  const read = readParams(params);
  if (!read) return fault(400, 'A parameter is not valid');
  if (parts.isBusy()) return fault(423, 'Another operation is in progress');
  if (!flash.firmware.isCommitted) return fault(412, 'The previous upgrade has not been committed');
  const refused = refusalOf(parts, facts, read.factoryDefault);
  if (refused) return refused;
  if (parts.powerGoes('upload')) {
    // Half of it lies in the other partition, which is never started so.
    flash.firmware = { ...flash.firmware, inactive: null, isStaged: false };
    throw new PowerCut();
  }
  const { version, starts } = facts!;
  const staged: Partition = { version, part: partOf(version), starts };
  const { autoCommit, rollbackMinutes } = read;
  flash.firmware = {
    ...flash.firmware,
    inactive: staged,
    autoCommit,
    rollbackMinutes,
    lastUpgradeAt: now(),
    isStaged: true,
  };
  if (read.factoryDefault !== 'none') resetFlash(flash, read.factoryDefault);
  if (parts.powerGoes('written')) throw new PowerCut();
  return { data: { firmwareVersion: version }, restarts: true };
}

function commit(parts: FirmwareParts): Answered {
  if (parts.powerGoes('commit')) throw new PowerCut();
  parts.flash.firmware = { ...parts.flash.firmware, isCommitted: true, rollbackAt: null };
  return { data: {} };
}

function factoryDefault({ flash }: FirmwareParts, params: Readonly<Record<string, unknown>>): Answered {
  const mode = params['factoryDefaultMode'];
  if (mode !== 'soft' && mode !== 'hard') return fault(400, 'A parameter is not valid');
  resetFlash(flash, mode);
  return { data: {}, restarts: true };
}

export function firmwareApi(parts: FirmwareParts): JsonApi {
  const { flash } = parts;
  const whenFree = (act: () => Answered): Answered =>
    parts.isBusy() ? fault(423, 'Another operation is in progress') : act();
  return {
    id: 'fwmgr',
    name: 'Firmware Management API',
    version: '1.10',
    codes: FIRMWARE_CODES,
    methods: {
      status: () => status(parts),
      commit: () => whenFree(() => commit(parts)),
      rollback: () =>
        whenFree(() => {
          if (!flash.firmware.inactive) return fault(500, 'There is no firmware to roll back to');
          goBack(flash);
          return { data: {}, restarts: true };
        }),
      purge: () =>
        whenFree(() => {
          if (!flash.firmware.isCommitted) return fault(412, 'The previous upgrade has not been committed');
          flash.firmware = { ...flash.firmware, inactive: null };
          return { data: {} };
        }),
      factoryDefault: (params) => whenFree(() => factoryDefault(parts, params)),
      stopAuto: () => {
        flash.firmware = { ...flash.firmware, rollbackAt: null };
        return { data: {} };
      },
      reboot: () => whenFree(() => ({ data: {}, restarts: true })),
    },
  };
}
