/** The city in columns for changes: what a device says, what the inventory says, and who needs no certificate of its own. */
import { describe, expect, it } from 'vitest';
import type { City } from '@cityward/city';
import { FLAGS, type Shown } from '@cityward/fleet';
import type { Standing } from '@cityward/identity';
import { systemClock } from '@cityward/kernel';
import { fleetCity } from './fleet-city.ts';

interface Told {
  readonly inventory?: string | null;
  readonly says?: Pick<Shown, 'firmware' | 'hardware'> | null;
  readonly standing?: Standing;
  readonly gateway?: string | null;
  readonly isCarried?: boolean;
}
function bench({ inventory = null, says = null, standing = 'active', gateway = null, isCarried = false }: Told) {
  const record = {
    class: 'camera',
    model: 'M1',
    site: 'site-1',
    ward: null,
    firmware: '1.0',
    hardwareRevision: inventory,
  };
  const city = {
    deviceIds: () => ['cam-1'],
    record: (id: string) => (id === 'cam-1' ? record : null),
    services: () => [],
    devicesOf: () => [],
  } as unknown as City;
  return fleetCity({
    city,
    identity: { standing: () => standing, gatewayOf: () => gateway },
    isReached: () => true,
    isCarried: () => isCarried,
    shown: () => says,
    clock: systemClock,
  });
}
const hardwareOf = (told: Told): string | undefined => bench(told).columns().hardware.names[0];
const flagsOf = (told: Told): number => bench(told).columns().flags[0]!;

describe('the hardware revision that waves are made by', () => {
  it('is that of the inventory where the device never said one, and its own where it did', () => {
    expect(hardwareOf({ inventory: 'R2' })).toBe('R2');
    expect(hardwareOf({ inventory: 'R2', says: { firmware: '1.0', hardware: null } })).toBe('R2');
    expect(hardwareOf({ inventory: 'R2', says: { firmware: '1.0', hardware: 'R3' } })).toBe('R3');
    expect(hardwareOf({})).toBeUndefined();
  });
});

describe('a device without a certificate of its own', () => {
  it('takes part where its gateway said that it holds it, and nowhere else', () => {
    expect(flagsOf({ standing: 'none' })).toBe(FLAGS.unknown);
    expect(flagsOf({ standing: 'none', gateway: 'switch-1' })).toBe(FLAGS.unknown);
    expect(flagsOf({ standing: 'none', gateway: 'switch-1', isCarried: true })).toBe(0);
  });
  it('that is held, revoked or ended is out, whoever carries it', () => {
    for (const standing of ['held', 'revoked', 'ended'] as const) {
      expect(flagsOf({ standing, isCarried: true })).toBe(FLAGS[standing]);
      const says = { firmware: '1.0', hardware: null };
      expect(bench({ standing, gateway: 'switch-1', says }).barred('cam-1')).not.toBeNull();
    }
  });
  it('stays in its change while its gateway has not spoken after a start', () => {
    const says = { firmware: '1.0', hardware: null };
    expect(bench({ standing: 'none', gateway: 'switch-1', says }).barred('cam-1')).toBeNull();
    expect(bench({ standing: 'none', gateway: 'switch-1' }).barred('cam-1')).toContain('no certificate');
    expect(bench({ standing: 'none', says }).barred('cam-1')).toContain('no certificate');
  });
});
