/** The story is what infected cameras do, whichever camera, address, seed and time; and it stops where switches stop it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portMerrow } from '@cityward/city/reference';
import { createFabric, type Fabric } from './fabric.ts';
import { acceptsFactoryPassword, createInfection, planStory, type Knock, type StoryChoices } from './infection.ts';
import { obey } from './switch.ts';

const cities = ['7', 'harbour', '2026'].map((seed) => portMerrow({ seed, devices: 600 }));
const MINUTE = 60_000;

interface Run {
  readonly knocks: { readonly at: number; readonly knock: Knock; readonly outcome: string }[];
  readonly infected: readonly string[];
}
function play(
  city: (typeof cities)[number],
  choices: StoryChoices,
  rest: { minutes: number; meddle?: (at: number, fabric: Fabric, infected: readonly string[]) => void },
): Run {
  const fabric = createFabric(city);
  const infection = createInfection(city, planStory(city, choices));
  const knocks: Run['knocks'] = [];
  const begin = choices.startAt - MINUTE;
  for (let at = begin; at < choices.startAt + rest.minutes * MINUTE; at += 500) {
    rest.meddle?.(at, fabric, infection.infected());
    for (const knock of infection.due(at)) {
      const outcome = fabric.carry(knock.attempt, at);
      infection.heard(knock, outcome, at);
      knocks.push({ at, knock, outcome });
    }
  }
  return { knocks, infected: infection.infected() };
}
const weakOf = (city: (typeof cities)[number]): string[] =>
  city.devices.filter(acceptsFactoryPassword).map((device) => device.id);

describe('the story', () => {
  it.each(cities.map((city) => [city.seed, city] as const))(
    'spreads to weak cameras and no further (city %s)',
    (_, city) => {
      const { knocks, infected } = play(city, { seed: 'a', startAt: 1_000_000 }, { minutes: 4 });
      const weak = new Set(weakOf(city));
      expect(infected.length).toBeGreaterThanOrEqual(Math.min(12, weak.size));
      expect(infected.length).toBeLessThanOrEqual(14);
      expect(infected.every((id) => weak.has(id))).toBe(true);
      expect(new Set(infected).size).toBe(infected.length);
      expect(knocks[0]!.at).toBe(1_000_000);
      expect(knocks[0]!.knock.attempt.src).toMatch(/^ip:203\.0\.113\./u);
      expect(knocks.slice(1).every(({ knock }) => weak.has(knock.attempt.src))).toBe(true);
    },
  );

  it('begins with one of the cameras that were mounted last, each infected one calls one outside address', () => {
    const city = cities[0]!;
    const { knocks, infected } = play(city, { seed: 'b', startAt: 5_000_000 }, { minutes: 4 });
    expect(city.remarks.map((remark) => remark.device)).toContain(infected[0]);
    const calls = knocks.filter(({ knock }) => knock.what === 'beacon');
    expect(new Set(calls.map(({ knock }) => `${knock.attempt.dst} ${knock.attempt.port}`)).size).toBe(1);
    expect(new Set(calls.map(({ knock }) => knock.attempt.src)).size).toBe(infected.length);
    const outside = calls[0]!.knock.attempt.dst.slice(3);
    expect(outside).toMatch(/^198\.51\.100\./u);
    expect(city.addresses.some((address) => address.ref === `ip:${outside}`)).toBe(false);
    expect(new Set(knocks.map(({ outcome }) => outcome))).toEqual(new Set(['answered', 'refused', 'unanswered']));
  });

  it('follows the seed, and whatever is chosen for it', () => {
    const city = cities[1]!;
    const culprit = fc.constantFrom(...weakOf(city));
    const seed = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(culprit, seed, fc.integer({ min: 10 ** 6, max: 10 ** 12 }), (first, text, startAt) => {
        const chosen = { seed: text, startAt, first, master: 'ip:192.0.2.77', masterPort: 4_444 };
        const run = play(city, chosen, { minutes: 1 });
        expect(run.infected[0]).toBe(first);
        expect(run.knocks[0]!.at).toBe(startAt);
        const calls = run.knocks.filter(({ knock }) => knock.what === 'beacon');
        expect(calls.every(({ knock }) => knock.attempt.dst === 'ip:192.0.2.77' && knock.attempt.port === 4_444)).toBe(
          true,
        );
        expect(play(city, chosen, { minutes: 1 })).toEqual(run);
      }),
      { numRuns: 25 },
    );
  });

  it('does not begin at a camera that has a password of its own', () => {
    expect(() => planStory(cities[0]!, { seed: 'x', startAt: 0, first: 'lamp-0001' })).toThrow(/lamp-0001/u);
  });

  it('stops where it is contained and goes on when that is undone', () => {
    const city = cities[0]!;
    const startAt = 1_000_000;
    const [cut, undone] = [startAt + 40_000, startAt + 100_000];
    let held: readonly string[] = [];
    const meddle = (at: number, fabric: Fabric, infected: readonly string[]): void => {
      if (at !== cut && at !== undone) return;
      if (at === cut) held = [...infected];
      for (const id of held) {
        const site = fabric.switchOf(id)!;
        const devices = at === cut ? held.filter((other) => fabric.switchOf(other) === site) : [];
        obey(site, { order: 'quarantine', version: site.version + 1, devices, until: null }, at);
      }
    };
    const { knocks, infected } = play(city, { seed: 'c', startAt }, { minutes: 5, meddle });
    const between = knocks.filter(({ at }) => at > cut && at < undone);
    expect(held.length).toBeGreaterThan(1);
    expect(between.length).toBeGreaterThan(10);
    const ofHeld = between.filter(({ knock }) => held.includes(knock.attempt.src));
    expect(ofHeld.every(({ outcome }) => outcome === 'unanswered')).toBe(true);
    const after = knocks.filter(({ at, knock }) => at > undone + 25_000 && knock.what === 'beacon');
    expect(after.some(({ knock, outcome }) => held.includes(knock.attempt.src) && outcome === 'answered')).toBe(true);
    expect(infected.length).toBeGreaterThan(held.length);
  });

  it('waits for its camera when the intruder cannot get through', () => {
    const city = cities[2]!;
    const { first } = planStory(city, { seed: 'd', startAt: 0 });
    const meddle = (at: number, fabric: Fabric): void => {
      if (at === 0)
        obey(fabric.switchOf(first)!, { order: 'quarantine', version: 1, devices: [first], until: null }, 0);
    };
    const { infected, knocks } = play(city, { seed: 'd', startAt: MINUTE, first }, { minutes: 2, meddle });
    expect(infected).toEqual([]);
    expect(knocks.length).toBeGreaterThan(1);
  });
});
