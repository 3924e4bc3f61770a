/** Nobody stands out of what is shown: not of one export, not of several together, not of a table's totals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '@cityward/kernel';
import { LEFT_OUT, OUTSIDE, setsAfter, type Standing } from './budget.ts';
import { SHARE_MAX } from './crowd.ts';
import { marksFor, traced } from './marks.ts';
import { namelike, profileOf } from './profile.ts';
import { gateRows, ladderOf, type GatedRows } from './rows-gate.ts';
import { cellsShown, shownRows } from './shown.ts';
import { NOTHING_SAID, OTHER, tableOf, type ColumnPlan } from './table.ts';
import { all, PLANS, RULE, SUBURBS, somebody, standing, tableFrom, type Somebody } from './testing.ts';

const OTHERWISE: readonly ColumnPlan[] = [
  { name: 'age', role: 'quasi', levels: [15, 30].map((width) => ({ by: 'bands', width })) },
  { name: 'condition', role: 'sensitive', levels: [{ by: 'exact' }] },
];

const gated = (people: readonly Somebody[], change: Partial<Standing> = {}): GatedRows =>
  gateRows(tableFrom(people), { isIn: all(people.length), standing: standing(people.length, change), rule: RULE })!;

describe('rows of people', () => {
  it('are shown in classes of k, none of whose values is as good as known', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 400 }), (seed, count) => {
        const random = seeded(seed);
        const people = Array.from({ length: count }, (_, id) => somebody(random, id));
        const { rows } = shownRows(tableFrom(people), gated(people));
        for (const same of Map.groupBy(rows, (row) => row.slice(0, -1).join()).values()) {
          expect(same.length).toBeGreaterThanOrEqual(RULE.k);
          const counts = [...Map.groupBy(same, (row) => row.at(-1)).values()].map(({ length }) => length);
          expect(counts.length).toBeGreaterThanOrEqual(RULE.l);
          expect(Math.max(...counts)).toBeLessThanOrEqual(same.length * SHARE_MAX);
        }
        for (const same of Map.groupBy(rows, (row) => row.at(-1)).values())
          expect(same.length).toBeGreaterThanOrEqual(RULE.k);
      }),
      { numRuns: 200 },
    );
  });

  it('are made coarse one step at a time, what was named first last', () => {
    expect(ladderOf(tableFrom([]))).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 2],
      [2, 2],
      [2, 3],
    ]);
    // Four of the Quay and one of the Wharf: too few each, enough for their district.
    const five = Array.from({ length: 5 }, (_, id) => ({
      id,
      suburb: id < 4 ? 'Quay' : 'Wharf',
      age: '42',
      condition: id % 2 === 0 ? 'asthma' : 'migraine',
    }));
    const ten = [
      ...five,
      ...five.map((one) => ({
        ...one,
        suburb: 'Ridge',
        condition: one.condition === 'asthma' ? 'migraine' : 'asthma',
      })),
    ];
    const { rows } = shownRows(tableFrom(ten), gated(ten));
    expect(new Set(rows.map(([suburb, age]) => `${suburb} ${age}`))).toEqual(new Set(['Harbour 40-59', 'Ridge 40-49']));
    expect(cellsShown(shownRows(tableFrom(ten), gated(ten)), 10)).toBe(1);
  });

  it('say nothing of a value that nobody said how to make coarser, nor of a number that is none', () => {
    const plans: readonly ColumnPlan[] = [{ name: 'age', role: 'quasi', levels: [{ by: 'bands', width: 10 }] }];
    expect(tableOf(plans, [['', 'old', '7', '-3', '19']]).quasi[0]!.levels[0]).toMatchObject({
      labels: [NOTHING_SAID, '0-9', '-10--1', '10-19'],
    });
    const odd: readonly ColumnPlan[] = [
      { name: 'x', role: 'quasi', levels: [{ by: 'exact' }, { by: 'parents', parents: {} }] },
    ];
    expect(tableOf(odd, [['constructor']]).quasi[0]!.levels[1]!.labels).toEqual([NOTHING_SAID]);
  });

  it('do not name a disease that few have', () => {
    const random = seeded('rare');
    const people = Array.from({ length: 200 }, (_, id) => somebody(random, id)).map((one) =>
      one.id < 3 ? { ...one, condition: 'kuru' } : one.id < 6 ? { ...one, condition: 'ague' } : one,
    );
    const values = shownRows(tableFrom(people), gated(people)).rows.map((row) => row.at(-1)!);
    expect(values).not.toContain('kuru');
    expect(values.filter((value) => value === OTHER).length).toBeGreaterThanOrEqual(RULE.k);
  });
});

/** Every release of one city, people coming, leaving and moving; what set of the releases each person is in. */
function releases(seed: number): ReadonlyMap<string, number> {
  const random = seeded(seed);
  let nextId = 0;
  const come = (count: number): Somebody[] => Array.from({ length: count }, () => somebody(random, nextId++));
  let people = come(50 + random.int(250));
  let sets = new Map<number, number>();
  const shown = new Map<number, string>();
  for (let release = 0; release < 4; release++) {
    const plans = random.next() < 0.7 ? PLANS : OTHERWISE;
    const here = new Set(people.map(({ id }) => id));
    const away = [...sets].filter(([id]) => !here.has(id));
    const gone = new Map([...Map.groupBy(away, ([, set]) => set)].map(([set, members]) => [set, members.length]));
    const before = Int32Array.from(people, ({ id }) => sets.get(id) ?? OUTSIDE);
    const rank = Float64Array.from(people, () => random.next());
    const isIn = Uint8Array.from(people, ({ suburb }) => (release === 2 && suburb === 'Quay' ? 0 : 1));
    const { classes } = gateRows(tableFrom(people, plans), {
      isIn,
      standing: { sets: before, gone, rank },
      rule: RULE,
    })!;
    const after = setsAfter(before, classes, gone);
    sets = new Map([
      ...away.map(([id, set]) => [id, after.gone.get(set)!] as const),
      ...people.flatMap(({ id }, row) => (after.sets[row] === OUTSIDE ? [] : [[id, after.sets[row]!] as const])),
    ]);
    for (let id = 0; id < nextId; id++) {
      const row = people.findIndex((one) => one.id === id);
      const look = row < 0 || classes[row] === LEFT_OUT ? '-' : String(classes[row]);
      shown.set(id, `${shown.get(id) ?? '-'.repeat(release)}${look}/`);
    }
    people = [
      ...people
        .filter(() => random.next() > 0.05)
        .map((one) => (random.next() < 0.1 ? { ...one, suburb: random.pick(SUBURBS) } : one)),
      ...come(random.int(30)),
    ];
  }
  return new Map(
    [...Map.groupBy([...shown.values()], (look) => look.replaceAll('/', ''))].map(([look, same]) => [
      look,
      same.length,
    ]),
  );
}

describe('several exports together', () => {
  it('tell no set of fewer than k people apart, whoever comes, leaves and moves between them', () => {
    let told = 0;
    for (let seed = 0; seed < 60; seed++)
      for (const [look, people] of releases(seed)) {
        if (/^-*$/.test(look)) continue;
        told++;
        expect([look, people >= RULE.k]).toEqual([look, true]);
      }
    expect(told).toBeGreaterThan(500);
  });

  it('hide with somebody who left as many as make a crowd', () => {
    const people = Array.from({ length: 20 }, (_, id) => ({
      id,
      suburb: 'Quay',
      age: '42',
      condition: id % 2 === 0 ? 'asthma' : 'migraine',
    }));
    const sets = new Int32Array(20).fill(1);
    expect(gated(people, { sets }).leftOut).toEqual({ few: 0, uncovering: 0 });
    const { leftOut, classes } = gated(people, { sets, gone: new Map([[1, 1]]) });
    expect(leftOut).toEqual({ few: 0, uncovering: 5 });
    expect(classes.filter((shown) => shown === LEFT_OUT)).toHaveLength(5);
    // Too few to give any away: none of them is shown.
    const others = people.map((one) => ({ ...one, suburb: 'Ridge' }));
    const inTwo = Int32Array.from({ length: 28 }, (_, row) => (row < 8 ? 1 : 2));
    const few = gated([...people.slice(0, 8), ...others], { sets: inTwo, gone: new Map([[1, 1]]) });
    expect(few.leftOut.uncovering).toBe(8);
  });
});

describe('a profile', () => {
  it('says which columns single people out, and that one is as good as a name', () => {
    const people = Array.from({ length: 100 }, (_, id) => ({
      id,
      suburb: 'Quay',
      age: String(id),
      condition: `note ${id}`,
    }));
    const table = tableFrom(people);
    const profile = profileOf(table, RULE.k);
    expect(profile.find(({ columns }) => columns.join() === 'condition')).toMatchObject({ alone: 1_000, few: 1_000 });
    expect(profile.find(({ columns }) => columns.join() === 'suburb,age')).toMatchObject({ alone: 0, few: 0 });
    expect(namelike(table, profile)).toBe('condition');
    const usual = tableFrom(people.map((one) => ({ ...one, condition: 'asthma' })));
    expect(namelike(usual, profileOf(usual, RULE.k))).toBeNull();
  });
});

describe('rows of nobody', () => {
  const random = seeded('marks');
  const people = Array.from({ length: 4_000 }, (_, id) => somebody(random, id));
  const release = gated(people);
  const draws = (seed: string) => {
    const own = seeded(seed);
    return (below: number) => own.int(below);
  };
  const marksOf = (seed: string) => marksFor(release.classes, release.sensitive, draws(seed));

  it('look like the others, and like none of their class', () => {
    const few = Array.from({ length: 400 }, (_, id) => ({
      id,
      suburb: id < 200 ? 'Quay' : 'Ridge',
      age: '42',
      condition: id < 200 ? ['asthma', 'migraine'][id % 2]! : ['eczema', 'epilepsy'][id % 2]!,
    }));
    const shown = gated(few);
    const marks = marksFor(shown.classes, shown.sensitive, draws('few'));
    expect(marks).toHaveLength(2);
    const real = new Set(shownRows(tableFrom(few), shown).rows.map((row) => row.join()));
    const marked = shownRows(tableFrom(few), shown, marks).rows.slice(-2);
    for (const row of marked) expect(real.has(row.join())).toBe(false);
  });

  it('are one in two hundred at most', () => {
    expect(marksOf('a').length).toBeLessThanOrEqual(people.length / 200);
  });

  it('point to one copy, or to nobody', () => {
    const suspect = (name: string, numbers: number, marks: number) => ({ export: name, numbers, marks });
    expect(traced([suspect('a', 0, 9), suspect('b', 0, 2)]).map((one) => one.export)).toEqual(['a']);
    expect(traced([suspect('a', 0, 9), suspect('b', 0, 6)])).toEqual([]);
    expect(traced([suspect('a', 0, 2), suspect('b', 0, 0)])).toEqual([]);
    // Two recipients who put their copies together are both found by their numbers.
    expect(traced([suspect('a', 3, 0), suspect('b', 7, 0), suspect('c', 0, 9)]).map((one) => one.export)).toEqual([
      'b',
      'a',
    ]);
    expect(traced([])).toEqual([]);
  });
});
