/** What moves something, and what erases everything: bounded by the device, signed for at the end, whole after a power cut anywhere. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobAction, JobOrder, JobReport } from '@cityward/contracts';
import { checkWiped } from '@cityward/fleet/verify';
import { afterAll, describe, expect, it } from 'vitest';
import { newDeviceKey } from '../signing-request.ts';
import { boot } from './slots.ts';
import { openSettings } from './settings.ts';
import { orderOf, PowerCut, shakyDisk, type ShakyDisk } from './testing.ts';
import { ada, bo, DEVICE, newWorld, OLD, partsFor } from './testing-world.ts';
import { createUpdater, STATE_FILE, type Updater } from './updater.ts';
import { eraseDisk, eraseFolder, proveWiped } from './wiping.ts';

const folder = mkdtempSync(join(tmpdir(), 'cityward-acts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const order = (action: JobAction): JobOrder => orderOf({ device: DEVICE, counter: 1, action }, [ada, bo]);
const key = newDeviceKey().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const credential = { device: DEVICE, key, certificate: 'no certificate', expires: 0 };

interface Street {
  disk: ShakyDisk;
  readonly moved: [string, number][];
  readonly reports: JobReport[];
  left: number;
}

/** Lives from a start until it rests, leaves or the power goes. */
async function live(street: Street, given: JobOrder | null): Promise<'rest' | 'left' | 'cut'> {
  const world = { ...newWorld(), disk: street.disk, reports: street.reports };
  let updater: Updater | null = null;
  try {
    const settings = openSettings(street.disk, { brightness: { min: 10, max: 90 } }, (name, to) => {
      street.moved.push([name, to]);
      return Promise.resolve();
    });
    const booted = boot(street.disk, OLD);
    return await new Promise((resolve, reject) => {
      const left = (): void => {
        street.left++;
        eraseDisk(street.disk);
        street.disk.erase(STATE_FILE);
        street.disk.syncFolder();
        resolve('left');
      };
      const ends = {
        restart: () => reject(new Error('it restarted')),
        fail: (fault: unknown) => (fault instanceof PowerCut ? resolve('cut') : reject(fault as Error)),
      };
      updater = createUpdater({
        ...partsFor(world, booted, ends),
        acts: {
          set: settings.set,
          wipe: {
            erase: () => Promise.resolve(`Erased ${eraseDisk(street.disk)} files`),
            prove: (report) => proveWiped(DEVICE, credential, report),
            leave: left,
          },
        },
      });
      updater.start();
      if (given) updater.take(Buffer.from(JSON.stringify(given)));
      const rest = (): void => void (updater!.busy ? setTimeout(rest, 2) : resolve('rest'));
      setTimeout(rest, 2);
    });
  } catch (fault) {
    if (fault instanceof PowerCut) return 'cut';
    throw fault;
  } finally {
    (updater as Updater | null)?.stop();
  }
}
const street = (): Street => ({ disk: shakyDisk(), moved: [], reports: [], left: 0 });

describe('an order to set', () => {
  it('moves what it names, within the bounds of the device', async () => {
    const one = street();
    await live(one, order({ do: 'set', name: 'brightness', to: 60 }));
    expect(one.moved).toEqual([['brightness', 60]]);
    expect(one.reports.at(-1)).toMatchObject({ state: 'done' });
    expect(openSettings(one.disk, { brightness: { min: 10, max: 90 } }, () => Promise.resolve()).values).toEqual({
      brightness: 60,
    });
  });
  it.each([
    ['brightness', 91, '10 to 90'],
    ['brightness', 0, '10 to 90'],
    ['toString', 1, 'no such setting'],
    ['speed', 1, 'no such setting'],
  ])('%s to %d moves nothing, whoever signed', async (name, to, why) => {
    const one = street();
    await live(one, { ...order({ do: 'set', name: name === 'toString' ? 'to_string' : name, to }) });
    expect(one.moved).toEqual([]);
    expect(one.reports.at(-1)).toMatchObject({ state: 'failed', reason: expect.stringContaining(why) as string });
  });
  it('is done after a power cut at any file operation', async () => {
    for (let at = 0; ; at++) {
      const one = street();
      one.disk.cutAt = at;
      const end = await live(one, order({ do: 'set', name: 'brightness', to: 60 }));
      one.disk = one.disk.restart(() => 0);
      if (end === 'cut') await live(one, order({ do: 'set', name: 'brightness', to: 60 }));
      expect(one.reports.at(-1)).toMatchObject({ state: 'done' });
      expect(one.moved.every(([name, to]) => name === 'brightness' && to === 60)).toBe(true);
      if (end !== 'cut') return expect(at).toBeGreaterThan(5);
    }
  });
});

describe('an order to wipe', () => {
  it('erases everything, signs for it, and ends after a power cut at any file operation', async () => {
    for (let at = 0; ; at++) {
      const one = street();
      boot(one.disk, OLD);
      one.disk.cutAt = one.disk.done + at;
      let end = await live(one, order({ do: 'wipe' }));
      const wasCut = end === 'cut';
      for (let again = 0; end === 'cut' && again < 3; again++) {
        one.disk = one.disk.restart((_name, unsynced) => unsynced);
        // The city has its last report already: it orders nothing any more.
        const told = one.reports.some(({ state }) => state === 'done');
        end = await live(one, told ? null : order({ do: 'wipe' }));
      }
      const told = one.reports.filter(({ state }) => state === 'done');
      expect(told.length).toBeGreaterThan(0);
      expect(new Set(told.map((report) => JSON.stringify(report))).size).toBe(1);
      expect(told[0]).toMatchObject({ running: null, proof: { certificate: 'no certificate' } });
      // Whatever a later start would make anew, nothing of before is left.
      if (end === 'left') expect(one.disk.names()).toEqual([]);
      if (!wasCut) return expect(at).toBeGreaterThan(10);
    }
  });
  it('erases the memory card below its folder, and nothing that a link points to', () => {
    const card = join(folder, 'card');
    const outside = join(folder, 'outside');
    mkdirSync(join(card, 'DCIM', '100'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), 'not of the card');
    writeFileSync(join(card, 'DCIM', '100', 'one.mkv'), 'a street');
    symlinkSync(outside, join(card, 'link'));
    expect(eraseFolder(card)).toBe(2);
    expect(readdirSync(card)).toEqual([]);
    expect(readdirSync(outside)).toEqual(['kept']);
  });
  it('counts as proven only under a certificate of this city for this device', () => {
    const report: JobReport = {
      order: 'job',
      job: 'job-0001',
      part: 'forward',
      seq: 3,
      at: 1,
      state: 'done',
      running: null,
      reason: 'Erased 4 files',
    };
    expect(checkWiped({ device: DEVICE, signer: DEVICE }, report, [])).toMatchObject({
      error: { code: 'WIPE_UNPROVEN' },
    });
    const proof = proveWiped(DEVICE, credential, report);
    expect(checkWiped({ device: DEVICE, signer: DEVICE }, { ...report, proof }, ['garbage'])).toMatchObject({
      error: { code: 'WIPE_UNPROVEN' },
    });
  });
});
