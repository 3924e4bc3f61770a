/** Whether somebody learns about named residents from exports, by linkage with a public register and by comparing exports, with and without the gate. */
import { seeded } from '@cityward/kernel';
import {
  cellsShown,
  everyRow,
  gateRows,
  K_MIN,
  L_MIN,
  OUTSIDE,
  setsAfter,
  shownRows,
  tableOf,
  type ColumnPlan,
} from '@cityward/vault/exports';
import type { Report, RunOptions } from '../bench/report.ts';
import { intersect, link, Lookup, subtract, successOf, SURE, type Release } from './reidentify/attacks.ts';
import { later, OTHER_PLANS, PLANS, residents, valueOf, type Resident } from './reidentify/population.ts';

const SEED = 'port-merrow';
const RESIDENTS = 100_000;
const QUICK_RESIDENTS = 5_000;
/** Of the residents, those whom the public register has. */
const REGISTERED = 0.6;
const REGISTER = ['suburb', 'age', 'born', 'sex'];
/** What a neighbour or a colleague knows beside it. */
const ACQUAINTANCE = [...REGISTER, 'occupation', 'household'];
/** The two exports that are compared ask the same; the third asks otherwise, and pays for it. */
const ALIKE = 2;
const RULE = { k: K_MIN, l: L_MIN };

const columnsOf = (people: readonly Resident[], plans: readonly ColumnPlan[]): string[][] =>
  plans.map(({ name }) => people.map((one) => valueOf(one, name)));

/** Names taken out, everything else as it is: what is sent where nobody looks at it. */
function ungated(people: readonly Resident[]): Release {
  const names = ['suburb', 'born', 'sex', 'occupation', 'household', 'condition'];
  const plans = names.map((name) => ({
    name,
    role: name === 'condition' ? ('sensitive' as const) : ('quasi' as const),
    levels: [{ by: 'exact' as const }],
  }));
  return { plans, columns: names, rows: people.map((one) => names.map((name) => valueOf(one, name))) };
}

/** One dataset with its exports: what each told apart is kept for the next. */
class Gated {
  #sets = new Map<number, number>();
  readonly cells: number[] = [];
  readonly rows: number[] = [];
  readonly #remembers: boolean;

  constructor({ remembers }: { readonly remembers: boolean }) {
    this.#remembers = remembers;
  }

  release(people: readonly Resident[], plans: readonly ColumnPlan[]): Release {
    const table = tableOf(plans, columnsOf(people, plans));
    const sets = Int32Array.from(people, ({ id }) => this.#sets.get(id) ?? OUTSIDE);
    const here = new Set(people.map(({ id }) => id));
    const away = [...this.#sets].filter(([id]) => !here.has(id));
    const gone = new Map([...Map.groupBy(away, ([, set]) => set)].map(([set, members]) => [set, members.length]));
    const random = seeded(`${SEED}/rank/${this.cells.length}`);
    const rank = Float64Array.from(people, () => random.next());
    const isIn = new Uint8Array(people.length).fill(1);
    const gated = gateRows(table, { isIn, standing: { sets, gone, rank }, rule: RULE });
    if (gated === null) throw new Error('gate an export: too many rare values');
    if (this.#remembers) this.#remember(people, { sets, gone, away, classes: gated.classes });
    const shown = shownRows(table, gated);
    this.cells.push(cellsShown(shown, people.length));
    this.rows.push(shown.rows.length / people.length);
    return { plans, ...shown };
  }

  #remember(people: readonly Resident[], { sets, gone, away, classes }: Remembered): void {
    const after = setsAfter(sets, classes, gone);
    this.#sets = new Map([
      ...away.map(([id, set]) => [id, after.gone.get(set)!] as const),
      ...everyRow(people.length).reduce<[number, number][]>((all, row) => {
        if (after.sets[row] !== OUTSIDE) all.push([people[row]!.id, after.sets[row]!]);
        return all;
      }, []),
    ]);
  }
}

interface Remembered {
  readonly sets: Int32Array;
  readonly gone: ReadonlyMap<number, number>;
  readonly away: readonly (readonly [number, number])[];
  readonly classes: Int32Array;
}

interface Exports {
  readonly first: Release;
  readonly second: Release;
  /** Of the same people as the second, cut otherwise. */
  readonly other: Release;
}
interface Targets {
  readonly registered: readonly Resident[];
  readonly left: readonly Resident[];
  readonly came: readonly Resident[];
  readonly still: readonly Resident[];
}

function attacked(
  { first, second, other }: Exports,
  { registered, left, came, still }: Targets,
): Record<string, number> {
  const by = (knows: readonly string[]) =>
    [first, second, other].map((release) => new Lookup(release, knows)) as [Lookup, Lookup, Lookup];
  const [registerA, registerB] = by(REGISTER);
  const [a, b, c] = by(ACQUAINTANCE);
  const usual = new Map(
    [...Map.groupBy(second.rows, (row) => row.at(-1)!)].map(([value, rows]) => [value, rows.length]),
  );
  const differing = [
    ...[successOf(left, (one) => subtract(a, b, one)), successOf(left, (one) => subtract(registerA, registerB, one))],
    ...[successOf(came, (one) => subtract(b, a, one)), successOf(came, (one) => subtract(registerB, registerA, one))],
  ];
  return {
    linkage: successOf(registered, (one) => link(registerA, one)),
    linkage_by_acquaintances: successOf(registered, (one) => link(a, one)),
    differencing: Math.max(...differing),
    intersection: successOf(still, (one) => intersect([b, c], usual, one)),
  };
}

export function run({ quick }: RunOptions): Promise<Report> {
  const began = residents(quick ? QUICK_RESIDENTS : RESIDENTS, SEED);
  const { people, changed } = later(began, `${SEED}/later`);
  const random = seeded(`${SEED}/register`);
  const registered = began.filter(() => random.next() < REGISTERED);
  const isRegistered = new Set(registered.map(({ id }) => id));
  const targets: Targets = {
    registered,
    // Who left, moved or came is known to their neighbours, in the register or not.
    left: changed.flatMap(({ before }) => before ?? []),
    came: changed.flatMap(({ after }) => after ?? []),
    still: people.filter(({ id }) => isRegistered.has(id)),
  };
  const exportsBy = (gate: Gated): Exports => ({
    first: gate.release(began, PLANS),
    second: gate.release(people, PLANS),
    other: gate.release(people, OTHER_PLANS),
  });
  const gate = new Gated({ remembers: true });
  const withGate = attacked(exportsBy(gate), targets);
  // Each export k-anonymous by itself, none knowing of the others.
  const forgetful = attacked(exportsBy(new Gated({ remembers: false })), targets);
  const without = attacked({ first: ungated(began), second: ungated(people), other: ungated(people) }, targets);
  const most = (figures: Readonly<Record<string, number>>): number => Math.max(...Object.values(figures));
  const named = (suffix: string, figures: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(figures).map(([name, figure]) => [`${name}_${suffix}`, figure]);
  const figures = {
    attack_success_without_gate: most(without),
    attack_success_with_gate: most(withGate),
    attack_success_without_budget: most(forgetful),
    cells_released_ratio: Math.min(...gate.cells.slice(0, ALIKE)),
    rows_released_ratio: Math.min(...gate.rows.slice(0, ALIKE)),
    ...Object.fromEntries([
      ...named('without_gate', without),
      ...named('without_budget', forgetful),
      ...named('with_gate', withGate),
    ]),
    ...Object.fromEntries(gate.cells.map((ratio, at) => [`cells_released_ratio_export_${at + 1}`, ratio])),
  };
  const workload = {
    residents: began.length,
    registered: registered.length,
    left: targets.left.length,
    came: targets.came.length,
    exports: 3,
    ...RULE,
    sure: SURE,
    seed: SEED,
  };
  return Promise.resolve({ name: 'reidentify', figures, workload });
}
