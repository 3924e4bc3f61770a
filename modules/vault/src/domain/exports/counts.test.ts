/** A table of counts gives no small number away, neither by itself nor by its totals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '@cityward/kernel';
import { mostIn, smallCells } from './bounds.ts';
import { setsAfter } from './budget.ts';
import { gateCounts } from './counts-gate.ts';
import { all, RULE, somebody, standing, tableFrom } from './testing.ts';
import { withhold } from './withhold.ts';

/** Every way to fill the withheld cells that leaves all totals as they are. */
function* fillings(
  counts: readonly (readonly number[])[],
  withheld: readonly (readonly boolean[])[],
): Generator<number[][]> {
  const cells = counts.flatMap((cells, row) =>
    cells.flatMap((_, column) => (withheld[row]![column] ? [{ row, column }] : [])),
  );
  const table = counts.map((row, r) => row.map((count, c) => (withheld[r]![c] ? 0 : count)));
  const left = {
    rows: counts.map((row, r) => row.reduce((sum, count, c) => (withheld[r]![c] ? sum + count : sum), 0)),
    columns: counts[0]!.map((_, c) => counts.reduce((sum, row, r) => (withheld[r]![c] ? sum + row[c]! : sum), 0)),
  };
  function* fill(at: number): Generator<number[][]> {
    const cell = cells[at];
    if (!cell) {
      if ([...left.rows, ...left.columns].every((count) => count === 0)) yield table.map((row) => [...row]);
      return;
    }
    const most = Math.min(left.rows[cell.row]!, left.columns[cell.column]!);
    for (let count = 0; count <= most; count++) {
      table[cell.row]![cell.column] = count;
      left.rows[cell.row]! -= count;
      left.columns[cell.column]! -= count;
      yield* fill(at + 1);
      left.rows[cell.row]! += count;
      left.columns[cell.column]! += count;
    }
  }
  yield* fill(0);
}

const tables = fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 2, max: 4 })).chain(([rows, columns]) =>
  fc.array(
    fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 12 })), {
      minLength: columns,
      maxLength: columns,
    }),
    { minLength: rows, maxLength: rows },
  ),
);

describe('a table of counts', () => {
  it('bounds a withheld cell as trying every filling does', () => {
    fc.assert(
      fc.property(tables, fc.integer(), (counts, seed) => {
        const random = seeded(seed);
        const withheld = counts.map((row) => row.map((count) => count < 7 && random.next() < 0.6));
        const ways = [...fillings(counts, withheld)];
        counts.forEach((row, r) =>
          row.forEach((_, c) => {
            if (!withheld[r]![c]) return;
            const most = Math.max(...ways.map((way) => way[r]![c]!));
            expect(mostIn(counts, withheld, { cell: { row: r, column: c }, enough: 1_000 })).toBe(most);
          }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('shows no small cell, nor can one be worked out from the totals', () => {
    let hidden = 0;
    fc.assert(
      fc.property(tables, (counts) => {
        const withheld = withhold(counts, RULE.k);
        if (withheld === null) return;
        for (const cell of smallCells(counts, RULE.k)) {
          expect(withheld[cell.row]![cell.column]).toBe(true);
          expect(mostIn(counts, withheld, { cell, enough: RULE.k })).toBeGreaterThanOrEqual(RULE.k);
          hidden++;
        }
      }),
      { numRuns: 500 },
    );
    expect(hidden).toBeGreaterThan(500);
  });

  it('withholds beside a small cell what costs the fewest people, and nothing where no cell is small', () => {
    expect(
      withhold(
        [
          [9, 8],
          [7, 6],
        ],
        5,
      ),
    ).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(
      withhold(
        [
          [2, 30, 9],
          [8, 40, 30],
          [50, 60, 70],
        ],
        5,
      ),
    ).toEqual([
      [true, false, true],
      [true, false, true],
      [false, false, false],
    ]);
    expect(
      withhold(
        [
          [2, 0],
          [0, 0],
        ],
        5,
      ),
    ).toBeNull();
  });

  it('of suburbs and conditions is of crowds alone', () => {
    const random = seeded('counts');
    const people = Array.from({ length: 400 }, (_, id) => somebody(random, id)).filter(
      ({ suburb }, at) => suburb !== 'Valley' || at % 8 === 0,
    );
    const table = tableFrom(people);
    const ask = {
      isIn: all(people.length),
      standing: standing(people.length),
      rule: RULE,
      down: table.quasi[0]!,
      across: table.sensitive[0]!,
    };
    const { counts, withheld, down, across } = gateCounts(table, ask)!;
    counts.forEach((row, r) =>
      row.forEach(
        (count, c) =>
          count > 0 &&
          count < RULE.k &&
          expect([down[r], across[c], withheld[r]![c]]).toEqual([down[r], across[c], true]),
      ),
    );
    expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(people.length);
  });
});

describe('a table of two columns that anybody may know', () => {
  it('withholds small cells together with others of their line, and counts everybody', () => {
    const random = seeded('two columns');
    const people = Array.from({ length: 300 }, (_, id) => somebody(random, id));
    const table = tableFrom(people);
    const [down, across] = [table.quasi[1]!, table.quasi[0]!];
    const first = gateCounts(table, { isIn: all(300), standing: standing(300), rule: RULE, down, across })!;
    expect(first.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(smallCells(first.counts, RULE.k).length).toBeGreaterThan(0);
    for (const same of Map.groupBy(first.classes, (shown) => shown).values())
      expect(same.length).toBeGreaterThanOrEqual(RULE.k);
    // One leaves: nobody can be told by the difference of any two numbers.
    const { sets } = setsAfter(new Int32Array(300), first.classes, new Map());
    const rest = tableFrom(people.slice(1));
    const before = standing(299, { sets: sets.slice(1), gone: new Map([[sets[0]!, 1]]) });
    const ask = { isIn: all(299), standing: before, rule: RULE, down: rest.quasi[1]!, across: rest.quasi[0]! };
    const second = gateCounts(rest, ask)!;
    const total = second.counts.flat().reduce((sum, count) => sum + count, 0);
    expect(300 - total).toBeGreaterThan(RULE.k);
  });
});
