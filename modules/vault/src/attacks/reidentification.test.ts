/** Somebody who has an export, or two, and knows things about people, tries to find out more about one of them. */
import type * as ExportsModule from '../domain/exports/index.ts';
import { attack, type Way } from '../testing-attack.ts';

type Exports = typeof ExportsModule;
interface Person {
  readonly suburb: string;
  readonly age: number;
  readonly condition: string;
}
const DISTRICTS = { Quay: 'Harbour', Wharf: 'Harbour', Ridge: 'Hill', Valley: 'Hill' };
const RULE = { k: 5, l: 2 };
const USUAL = ['asthma', 'migraine', 'eczema', 'allergy'];
/** Forty of each suburb, of all usual conditions and two ages. */
const CROWD: readonly Person[] = Object.keys(DISTRICTS).flatMap((suburb) =>
  Array.from({ length: 40 }, (_, at) => ({ suburb, age: at % 2 === 0 ? 34 : 61, condition: USUAL[(at >> 1) % 4]! })),
);

const planned = (exports: Exports, people: readonly Person[]) =>
  exports.tableOf(
    [
      { name: 'suburb', role: 'quasi', levels: [{ by: 'exact' }, { by: 'parents', parents: DISTRICTS }] },
      {
        name: 'age',
        role: 'quasi',
        levels: [
          { by: 'bands', width: 1 },
          { by: 'bands', width: 10 },
        ],
      },
      { name: 'condition', role: 'sensitive', levels: [{ by: 'exact' }] },
    ],
    [
      people.map(({ suburb }) => suburb),
      people.map(({ age }) => String(age)),
      people.map(({ condition }) => condition),
    ],
  );

interface Earlier {
  readonly sets?: Int32Array;
  readonly gone?: ReadonlyMap<number, number>;
}
function released(exports: Exports, people: readonly Person[], { sets, gone = new Map() }: Earlier = {}) {
  const table = planned(exports, people);
  const standing = {
    sets: sets ?? new Int32Array(people.length),
    gone,
    rank: Float64Array.from({ length: people.length }, (_, row) => row),
  };
  const gated = exports.gateRows(table, { isIn: new Uint8Array(people.length).fill(1), standing, rule: RULE })!;
  return { rows: exports.shownRows(table, gated).rows, after: exports.setsAfter(standing.sets, gated.classes, gone) };
}
const conditionsOf = (rows: readonly (readonly string[])[], suburb: string, age: string): string[] =>
  rows.filter(([where, how]) => where === suburb && how === age).map((row) => row[2]!);
/** What the first has and the second has not. */
function more(first: readonly string[], second: readonly string[]): string[] {
  const left = [...first];
  for (const one of second) if (left.includes(one)) left.splice(left.indexOf(one), 1);
  return left;
}

const linkage: Way<Exports> = {
  way: 'a public register says who is 93 and lives at the Quay',
  control: {
    file: 'domain/exports/rows-gate.ts',
    text: 'if (!isCrowd(part, values, rule)) continue;',
    cut: '',
  },
  run: (exports) => {
    const { rows } = released(exports, [...CROWD, { suburb: 'Quay', age: 93, condition: 'eczema' }]);
    return Promise.resolve(conditionsOf(rows, 'Quay', '93').join() === 'eczema');
  },
};

const alike: Way<Exports> = {
  way: 'eight neighbours cannot be told apart, and all have the same',
  control: {
    file: 'domain/exports/crowd.ts',
    text: 'return counts.size >= l && most <= people.length * SHARE_MAX;',
    cut: 'return true;',
  },
  run: (exports) => {
    const same = Array.from({ length: 8 }, () => ({ suburb: 'Quay', age: 77, condition: 'eczema' }));
    const seen = conditionsOf(released(exports, [...CROWD, ...same]).rows, 'Quay', '77');
    return Promise.resolve(seen.length > 0 && new Set(seen).size === 1);
  },
};

const rareDisease: Way<Exports> = {
  way: 'the one person known to have a rare disease is looked up by it: where do they live, how old are they?',
  control: {
    file: 'domain/exports/rare.ts',
    text: 'count >= k;',
    cut: 'count >= 0 || k < 0;',
  },
  run: (exports) => {
    const { rows } = released(exports, [...CROWD, { suburb: 'Ridge', age: 34, condition: 'kuru' }]);
    return Promise.resolve(rows.some((row) => row[2] === 'kuru'));
  },
};

const leaver: Way<Exports> = {
  way: 'somebody moves away between two exports, and the first has one row more',
  control: {
    file: 'domain/exports/rows-gate.ts',
    text: 'const uncovering = hideTheRest(standing, { classes, sensitive: values, rule });',
    cut: 'const uncovering = 0;',
  },
  run: (exports) => {
    const first = released(exports, CROWD);
    const stayed = CROWD.filter((_, at) => at !== 0);
    const second = released(exports, stayed, {
      sets: first.after.sets.slice(1),
      gone: new Map([[first.after.sets[0]!, 1]]),
    });
    const left = more(conditionsOf(first.rows, 'Quay', '34'), conditionsOf(second.rows, 'Quay', '34'));
    return Promise.resolve(left.join() === CROWD[0]!.condition);
  },
};

const newcomer: Way<Exports> = {
  way: 'somebody moves here between two exports, and the second has one row more',
  control: {
    file: 'domain/exports/rows-gate.ts',
    text: 'members(left, grouped(left, [standing.sets, classBy]))',
    cut: 'members(left, grouped(left, [classBy]))',
  },
  run: (exports) => {
    const first = released(exports, CROWD);
    const people = [...CROWD, { suburb: 'Quay', age: 34, condition: 'allergy' }];
    const second = released(exports, people, { sets: Int32Array.from([...first.after.sets, exports.OUTSIDE]) });
    const came = more(conditionsOf(second.rows, 'Quay', '34'), conditionsOf(first.rows, 'Quay', '34'));
    return Promise.resolve(came.join() === 'allergy');
  },
};

/** A table whose small cell holds two: what somebody works out of the totals, line by line. */
const SMALL = [
  { suburb: 'Quay', condition: 'asthma', people: 2 },
  { suburb: 'Quay', condition: 'migraine', people: 10 },
  { suburb: 'Quay', condition: 'eczema', people: 10 },
  { suburb: 'Ridge', condition: 'asthma', people: 30 },
  { suburb: 'Ridge', condition: 'migraine', people: 40 },
  { suburb: 'Ridge', condition: 'eczema', people: 10 },
];
function smallCell(exports: Exports): { readonly shown: number | null; readonly workedOut: number | null } {
  const people = SMALL.flatMap(({ suburb, condition, people: count }) =>
    Array.from({ length: count }, () => ({ suburb, age: 34, condition })),
  );
  const table = planned(exports, people);
  const standing = { sets: new Int32Array(people.length), gone: new Map(), rank: new Float64Array(people.length) };
  const isIn = new Uint8Array(people.length).fill(1);
  const [down, across] = [table.quasi[0]!, table.sensitive[0]!];
  const gated = exports.gateCounts(table, { isIn, standing, rule: RULE, down, across });
  if (gated === null) return { shown: null, workedOut: null };
  const { counts, withheld } = gated;
  const [quay, asthma] = [gated.down.indexOf('Quay'), gated.across.indexOf('asthma')];
  if (!withheld[quay]![asthma]) return { shown: counts[quay]![asthma]!, workedOut: null };
  const others = counts[quay]!.filter((_, at) => at !== asthma && !withheld[quay]![at]);
  const isAlone = others.length === counts[quay]!.length - 1;
  const total = counts[quay]!.reduce((sum, count) => sum + count, 0);
  return { shown: null, workedOut: isAlone ? total - others.reduce((sum, count) => sum + count, 0) : null };
}
const smallCellShown: Way<Exports> = {
  way: 'a table of counts has a cell of two people',
  control: {
    file: 'domain/exports/withhold.ts',
    text: 'row.map((count) => count > 0 && count < k)',
    cut: 'row.map((count) => count > k && count < 0)',
  },
  run: (exports) => Promise.resolve(smallCell(exports).shown === 2),
};
const smallCellWorkedOut: Way<Exports> = {
  way: 'the cell of two people is withheld, and the total of its row is not',
  control: {
    file: 'domain/exports/withhold.ts',
    text: 'while (mostIn(counts, withheld, { cell, enough: k }) < k) {',
    cut: 'while (withheld.length === 0) {',
  },
  run: (exports) => Promise.resolve(smallCell(exports).workedOut === 2),
};

attack<Exports>({
  id: 'A16',
  name: 'finding somebody again in what was exported',
  through: 'domain/exports/index.ts',
  ways: [linkage, alike, rareDisease, leaver, newcomer, smallCellShown, smallCellWorkedOut],
});
