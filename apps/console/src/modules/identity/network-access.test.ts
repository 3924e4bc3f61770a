/** A plan of VLANs as a form holds it, whom a new one moves, and which moves are shown apart. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { VLAN_CLASSES, type PortMove, type PortSession, type VlanPlan } from '@cityward/contracts';
import { draftOfPlan, goneOf, isDeviceClass, isShown, movedBy, planOf, QUARANTINE } from './network-access.ts';

const PLAN: VlanPlan = {
  quarantine: 999,
  classes: [
    { class: 'camera', vlan: 104 },
    { class: 'street-light', vlan: 101 },
  ],
};
const session = (some: Partial<PortSession>): PortSession => ({
  ...{ device: 'cam-0001', nas: '192.0.2.10', port: '7', station: '02-00-00-00-00-01', class: 'camera' },
  ...{ vlan: 104, quarantined: false, began: 0, last: 0, moving: null, lastMove: null },
  ...some,
});
const move = (station: string): PortMove => ({
  ...{ device: 'cam-0001', nas: '192.0.2.10', port: '7', station, from: 104, to: null },
  ...{ outcome: 'ended', why: null, at: 0 },
});

describe('a plan', () => {
  test('is the same after it was in the form', () => {
    const vlan = fc.integer({ min: 1, max: 4_094 });
    const classes = fc
      .uniqueArray(fc.constantFrom(...VLAN_CLASSES))
      .chain((names) => fc.tuple(...names.map((name) => fc.record({ class: fc.constant(name), vlan }))));
    fc.assert(
      fc.property(vlan, classes, (quarantine, all) => {
        const plan = { quarantine, classes: [...all] };
        expect(planOf(draftOfPlan(plan))).toEqual({ plan });
      }),
    );
  });
  test('without a VLAN for a class leaves it to quarantine; quarantine itself has to be there', () => {
    expect(planOf({ ...draftOfPlan(PLAN), camera: ' ' })).toEqual({
      plan: { quarantine: 999, classes: [{ class: 'street-light', vlan: 101 }] },
    });
    expect(planOf({ ...draftOfPlan(PLAN), [QUARANTINE]: '' })).toEqual({ wrong: [QUARANTINE] });
  });
  test.each(['0', '4095', '-1', '1.5', '0x10', 'ten', '99999'])('names the field that holds "%s"', (text) => {
    expect(planOf({ ...draftOfPlan(PLAN), camera: text })).toEqual({ wrong: ['camera'] });
  });
});

describe('whom a new plan moves', () => {
  const held = session({ station: 'b', vlan: 999, quarantined: true });
  const lamp = session({ station: 'c', class: 'street-light', vlan: 101 });
  const stray = session({ station: 'd', class: 'water-pump', vlan: 999, quarantined: true });
  const now = { plan: PLAN, sessions: [session({}), held, lamp, stray] };
  test('is nobody where it is the same', () => expect(movedBy(PLAN, now)).toBe(0));
  test('is its class, and not whoever of it is in quarantine', () =>
    expect(movedBy({ ...PLAN, classes: [{ class: 'camera', vlan: 7 }, PLAN.classes[1]!] }, now)).toBe(1));
  test('is everybody in quarantine where that moves', () => expect(movedBy({ ...PLAN, quarantine: 998 }, now)).toBe(2));
  test('is who gets a VLAN of its own, and who loses it', () => {
    expect(movedBy({ ...PLAN, classes: [...PLAN.classes, { class: 'water-pump', vlan: 8 }] }, now)).toBe(1);
    expect(movedBy({ ...PLAN, classes: [PLAN.classes[1]!] }, now)).toBe(1);
  });
});

test('moves of a session that is listed are not said twice', () => {
  const moves = [move('02-00-00-00-00-01'), move('gone')];
  expect(goneOf({ moves, sessions: [session({})] }).map(({ station }) => station)).toEqual(['gone']);
});

test('a filter shows what it says', () => {
  const all = [session({}), session({ quarantined: true }), session({ moving: 0 })];
  expect(
    (['all', 'quarantined', 'moving'] as const).map((show) => all.filter((one) => isShown(one, show)).length),
  ).toEqual([3, 1, 1]);
});

test('a gateway is no device of the inventory', () => {
  expect([isDeviceClass('camera'), isDeviceClass('site-gateway'), isDeviceClass(null)]).toEqual([true, false, false]);
});
