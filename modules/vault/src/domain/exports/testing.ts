/** A small made-up city for the tests of exports. */
import type { Random } from '@cityward/kernel';
import type { Standing } from './budget.ts';
import { tableOf, type ColumnPlan, type Table } from './table.ts';

export const RULE = { k: 5, l: 2 };
const DISTRICT = { Quay: 'Harbour', Wharf: 'Harbour', Ridge: 'Hill', Valley: 'Hill' };
export const PLANS: readonly ColumnPlan[] = [
  { name: 'suburb', role: 'quasi', levels: [{ by: 'exact' }, { by: 'parents', parents: DISTRICT }] },
  { name: 'age', role: 'quasi', levels: [10, 20, 40].map((width) => ({ by: 'bands', width })) },
  { name: 'condition', role: 'sensitive', levels: [{ by: 'exact' }] },
];
export interface Somebody {
  readonly id: number;
  readonly suburb: string;
  readonly age: string;
  readonly condition: string;
}
export const SUBURBS = Object.keys(DISTRICT);
export const somebody = (random: Random, id: number): Somebody => ({
  id,
  suburb: random.pick(SUBURBS),
  age: String(random.int(90)),
  condition: random.pick(['asthma', 'asthma', 'migraine', 'eczema', 'epilepsy']),
});
export const tableFrom = (people: readonly Somebody[], plans = PLANS): Table =>
  tableOf(
    plans,
    plans.map(({ name }) => people.map((one) => String(one[name as keyof Somebody]))),
  );
export const all = (count: number): Uint8Array => new Uint8Array(count).fill(1);
export const standing = (people: number, change: Partial<Standing> = {}): Standing => ({
  sets: new Int32Array(people),
  gone: new Map(),
  rank: Float64Array.from({ length: people }, (_, row) => row),
  ...change,
});
