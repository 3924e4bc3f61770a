/** Plans never cut what must not be cut, and say what they do to the city. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRITICALITIES, DEVICE_CLASSES } from '@cityward/contracts';
import { mayCut, planContainment, type PlanDevice, type PlanInput } from './plan.ts';

const device = (id: string, more: Partial<PlanDevice> = {}): PlanDevice => ({
  id,
  name: id.toUpperCase(),
  class: 'camera',
  criticality: 'important',
  neverCut: false,
  failSafe: 'records on its own card',
  through: 'switch-0001',
  ...more,
});
function inputWith(devices: readonly PlanDevice[], infected: readonly string[]): PlanInput {
  const byId = new Map(devices.map((one) => [one.id, one]));
  const cameras = devices.filter((one) => one.class === 'camera').map((one) => one.id);
  return {
    incident: 'inc-1',
    now: 0,
    hours: 4,
    infected,
    device: (id) => byId.get(id) ?? null,
    behind: (through) => devices.filter((one) => one.through === through).map((one) => one.id),
    services: [{ id: 'svc-cctv', name: 'Street cameras', kind: 'cctv', criticality: 'important', devices: cameras }],
    dependants: () => [],
  };
}

describe('plan', () => {
  it('says in one sentence what it isolates', () => {
    const cameras = Array.from({ length: 120 }, (_, i) =>
      device(`cam-${1000 + i}`, { through: `switch-${1000 + (i % 30)}` }),
    );
    const plan = planContainment(
      inputWith(
        cameras,
        cameras.slice(0, 14).map((one) => one.id),
      ),
    );
    expect(plan.sentence).toBe('Isolates 14 of 120 cameras; no crossing is affected; ends in 4 hours');
    expect(plan.cut).toHaveLength(14);
    expect(plan.effects[0]).toMatchObject({ affected: 14, of: 120 });
  });

  it('takes the switch when nearly all behind it are infected essentials, unless a crossing hangs on it', () => {
    const plant = Array.from({ length: 20 }, (_, i) =>
      device(`tank-${1000 + i}`, { class: 'water-tank', criticality: 'essential' }),
    );
    const spare = device('cam-0001');
    const withSwitch = planContainment(
      inputWith(
        [...plant, spare],
        plant.map((one) => one.id),
      ),
    );
    expect(withSwitch.cut.map((one) => one.device)).not.toContain('cam-0001'); // 3 more than 20 x 30 is dearer: the devices alone go
    const crossing = device('crossing-0001', { class: 'crossing', criticality: 'life-safety', neverCut: true });
    const plan = planContainment(
      inputWith(
        [...plant, crossing],
        plant.map((one) => one.id),
      ),
    );
    expect(plan.cut.map((one) => one.device)).toEqual(plant.map((one) => one.id));
  });

  it('answers that no safe cut exists when only what may not be cut is infected', () => {
    const crossing = device('crossing-0001', { class: 'crossing', criticality: 'life-safety', neverCut: true });
    const plan = planContainment(inputWith([crossing], ['crossing-0001']));
    expect(plan).toMatchObject({ possible: false, cut: [], spared: [{ device: 'crossing-0001' }] });
    expect(plan.sentence).toContain('No safe cut exists');
  });

  it('never cuts life-safety or never-cut devices, whatever is infected', () => {
    const devices = fc.array(
      fc.record({
        class: fc.constantFrom(...DEVICE_CLASSES),
        criticality: fc.constantFrom(...CRITICALITIES),
        neverCut: fc.boolean(),
        site: fc.nat(3),
        sick: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(devices, (list) => {
        const all = list.map(({ site, sick: _, ...more }, i) =>
          device(`dev-${1000 + i}`, { ...more, through: site === 3 ? null : `switch-000${site}` }),
        );
        const infected = all.filter((_, i) => list[i]!.sick);
        const plan = planContainment(
          inputWith(
            all,
            infected.map((one) => one.id),
          ),
        );
        const byId = new Map(all.map((one) => [one.id, one]));
        for (const { device: id } of plan.cut) expect(mayCut(byId.get(id)!)).toBe(true);
        const cut = new Set(plan.cut.map((one) => one.device));
        for (const one of infected)
          expect(cut.has(one.id) || plan.spared.some((kept) => kept.device === one.id)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('names exactly the plan by its hash', () => {
    const cameras = [device('cam-0001'), device('cam-0002')];
    const one = planContainment(inputWith(cameras, ['cam-0001']));
    expect(planContainment(inputWith(cameras, ['cam-0001'])).hash).toBe(one.hash);
    expect(planContainment(inputWith(cameras, ['cam-0002'])).hash).not.toBe(one.hash);
  });
});
