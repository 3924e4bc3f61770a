/** A plate is the same on one day, another on the next, and its key of yesterday is gone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sighting, type SightingClass } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { Compile } from 'typebox/compile';
import { folderDisk, type Disk } from '../update/disk.ts';
import { createPseudonyms, type Pseudonyms } from './pseudonyms.ts';

const NOON = Date.UTC(2027, 0, 15, 12);
const PLATE = 'KHR 482';
let folder: string;
let disk: Disk;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-sightings-'));
  disk = folderDisk(folder);
  now = NOON;
});
afterEach(() => {
  disk.close();
  rmSync(folder, { recursive: true, force: true });
});
const gateway = (): Pseudonyms => createPseudonyms(disk, () => now);
const seen = (by: Pseudonyms, raw = PLATE, of: SightingClass = 'number-plate') =>
  by.of({ at: now, seenBy: 'cam-0001', of, raw });

describe('a number plate', () => {
  it('leaves as a pseudonym that the contract takes, the same however it is written', () => {
    const by = gateway();
    const one = seen(by)!;
    expect(Compile(Sighting).Check(one)).toBe(true);
    expect(one).toMatchObject({ kind: 'sighting', seen_by: 'cam-0001', of: 'number-plate', day: '2027-01-15' });
    expect([seen(by, 'khr482'), seen(by, 'KHR-482')].map((other) => other!.pseudonym)).toEqual([
      one.pseudonym,
      one.pseudonym,
    ]);
    expect(seen(by, 'KHR483')!.pseudonym).not.toBe(one.pseudonym);
    expect(seen(by, PLATE, 'parking')!.pseudonym).not.toBe(one.pseudonym);
    expect(JSON.stringify(one)).not.toMatch(/KHR|482/i);
  });

  it('is the same after a restart on that day, another the next day, and another at every gateway', () => {
    const first = seen(gateway())!.pseudonym;
    expect(seen(gateway())!.pseudonym).toBe(first);
    now += DAY_MS;
    const next = seen(gateway())!.pseudonym;
    expect(next).not.toBe(first);
    // A clock that goes back does not bring yesterday's key back.
    now -= DAY_MS;
    expect([first, next]).not.toContain(seen(gateway())!.pseudonym);
    const elsewhere = mkdtempSync(join(tmpdir(), 'cityward-sightings-'));
    const other = folderDisk(elsewhere);
    now = NOON;
    expect(seen(createPseudonyms(other, () => now))!.pseudonym).not.toBe(first);
    other.close();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('has one key, of today, for its owner only; of yesterday nothing is left', () => {
    const by = gateway();
    seen(by);
    const [name] = readdirSync(folder);
    const old = readFileSync(join(folder, name!)).subarray(10);
    expect(statSync(join(folder, name!)).mode & 0o077).toBe(0);
    now += DAY_MS;
    seen(by);
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(join(folder, name!)).includes(old)).toBe(false);
  });

  it.each([
    ['number-plate', ''],
    ['number-plate', 'A'.repeat(11)],
    ['number-plate', 'KHR 482; drop'],
    ['network-address', 'aa:bb:cc'],
    ['network-address', 'gg:bb:cc:dd:ee:ff'],
    ['parking', 'x'.repeat(1_000_000)],
  ] as const)('that is none, as %s, is not sent', (of, raw) => expect(seen(gateway(), raw, of)).toBeNull());
});
