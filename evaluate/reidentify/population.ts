/** Made-up residents from a seed: what is known of somebody hangs together, as it does in a city. */
import { seeded, type Random } from '@cityward/kernel';
import type { ColumnPlan } from '@cityward/vault/exports';

export interface Resident {
  readonly id: number;
  readonly suburb: string;
  /** ISO, at the time of the first export. */
  readonly born: string;
  readonly age: number;
  readonly sex: 'f' | 'm';
  readonly occupation: string;
  readonly household: number;
  readonly condition: string;
}

const DISTRICTS = ['Harbour', 'Hill', 'North', 'South', 'River', 'Outer'];
/** Two suburbs of the outer district are villages. */
const SUBURBS = DISTRICTS.flatMap((district, d) =>
  Array.from({ length: 4 }, (_, s) => ({
    name: `${district} ${s + 1}`,
    district,
    weight: district === 'Outer' ? [1, 0.6, 0.15, 0.08][s]! : 1.6 - 0.2 * s,
    /** Where students live, where the old live. */
    old: [0.9, 1.2, 0.7, 1.0, 1.1, 1.5][d]! * (1 + 0.1 * s),
  })),
);
const JOBS: Readonly<Record<string, readonly string[]>> = {
  care: ['nurse', 'carer', 'doctor', 'midwife', 'dentist'],
  teaching: ['teacher', 'lecturer', 'early teacher'],
  trades: ['builder', 'electrician', 'plumber', 'painter', 'welder'],
  harbour: ['crane driver', 'fisher', 'ship master', 'stevedore'],
  office: ['clerk', 'accountant', 'lawyer', 'manager', 'engineer', 'programmer'],
  shops: ['shop assistant', 'cook', 'waiter', 'baker', 'hairdresser'],
  transport: ['bus driver', 'truck driver', 'courier'],
  land: ['farmer', 'gardener', 'forester'],
  'at home': ['at home', 'looking for work'],
};
const JOB_WEIGHTS = [14, 8, 14, 4, 26, 18, 7, 3, 6];
/** For which somebody was last seen, the most common first; who has which depends on age, sex and work. */
const CONDITIONS = [
  ...['none', 'infection', 'high blood pressure', 'injury', 'asthma', 'back pain', 'allergy', 'depression', 'anxiety'],
  ...[
    'diabetes',
    'arthritis',
    'migraine',
    'eczema',
    'hearing loss',
    'heart failure',
    'copd',
    'epilepsy',
    'breast cancer',
  ],
  ...[
    'prostate cancer',
    'hepatitis',
    'hiv',
    'multiple sclerosis',
    'parkinson',
    'leukaemia',
    'cystic fibrosis',
    'huntington',
    'haemophilia',
  ],
];

function weightOf(condition: string, at: number, { age, sex, job }: { age: number; sex: string; job: string }): number {
  const base = 30 / (at + 1) ** 1.3;
  const by: Readonly<Record<string, number>> = {
    none: Math.max(0.5, 1.6 - age / 70),
    infection: age < 12 ? 2 : 1,
    'high blood pressure': age < 30 ? 0.1 : age / 30,
    injury: age < 30 ? 2 : 1,
    asthma: age < 25 ? 2 : 0.7,
    'back pain': job === 'trades' || job === 'land' ? 2.5 : age < 15 ? 0.05 : 1,
    allergy: age < 25 ? 2 : 0.6,
    depression: age < 14 ? 0.1 : 1,
    diabetes: age < 30 ? 0.2 : age / 35,
    arthritis: age < 40 ? 0.1 : age / 30,
    'hearing loss': age < 60 ? 0.2 : 3,
    'heart failure': age < 60 ? 0.05 : 4,
    copd: age < 45 ? 0.02 : 2,
    'breast cancer': sex === 'f' ? age / 40 : 0.01,
    'prostate cancer': sex === 'm' && age > 45 ? 2.5 : 0,
    parkinson: age < 55 ? 0 : 3,
    haemophilia: sex === 'm' ? 0.1 : 0,
    huntington: 0.01,
    'cystic fibrosis': 0.02,
  };
  return base * (by[condition] ?? 1);
}

function drawn<T>(random: Random, items: readonly T[], weight: (item: T, at: number) => number): T {
  const weights = items.map(weight);
  let left = random.next() * weights.reduce((sum, one) => sum + one, 0);
  for (let at = 0; at < items.length; at++) if ((left -= weights[at]!) < 0) return items[at]!;
  return items.at(-1)!;
}

const YEAR = 2027;
const MONTH_DAYS = 28;
const two = (number: number): string => String(number).padStart(2, '0');

function person(
  random: Random,
  id: number,
  home: { suburb: (typeof SUBURBS)[number]; household: number; age: number },
): Resident {
  const { suburb, household, age } = home;
  const sex = random.next() < 0.505 ? 'f' : 'm';
  const group = drawn(random, Object.keys(JOBS), (_, at) => JOB_WEIGHTS[at]!);
  const job =
    age < 5
      ? 'infant'
      : age < 18
        ? 'pupil'
        : age < 23 && random.next() < 0.6
          ? 'student'
          : age > 66
            ? 'retired'
            : group;
  const jobs = JOBS[job];
  const occupation = jobs ? drawn(random, jobs, (_, at) => 1 / (at + 1)) : job;
  const condition = drawn(random, CONDITIONS, (one, at) => weightOf(one, at, { age, sex, job }));
  const born = `${YEAR - 1 - age}-${two(1 + random.int(12))}-${two(1 + random.int(MONTH_DAYS))}`;
  return { id, suburb: suburb.name, born, age, sex, occupation, household, condition };
}

/** By households: who lives together is of one suburb, and children live with grown-ups. */
export function residents(count: number, seed: string, firstId = 0): Resident[] {
  const random = seeded(seed);
  const people: Resident[] = [];
  while (people.length < count) {
    const suburb = drawn(random, SUBURBS, ({ weight }) => weight);
    const household = 1 + drawn(random, [0, 1, 2, 3, 4, 5], (at) => [28, 33, 16, 14, 6, 3][at]!);
    const isOld = random.next() < 0.28 * suburb.old;
    const first = isOld ? 62 + random.int(33) : 19 + random.int(43);
    for (let at = 0; at < household && people.length < count; at++) {
      const age =
        at === 0
          ? first
          : at === 1
            ? Math.max(18, Math.min(97, first + random.int(9) - 4))
            : random.int(isOld ? 60 : 24);
      people.push(person(random, firstId + people.length, { suburb, household, age }));
    }
  }
  return people;
}

export interface Later {
  readonly people: readonly Resident[];
  /** Who left, came, or moved, as neighbours know. */
  readonly changed: readonly { readonly before: Resident | null; readonly after: Resident | null }[];
}
/** Some months on: of a thousand, ten have left and ten have come, five live elsewhere, three have another condition. */
export function later(people: readonly Resident[], seed: string): Later {
  const random = seeded(seed);
  const changed: { before: Resident | null; after: Resident | null }[] = [];
  const stayed = people.flatMap((one) => {
    const draw = random.next();
    if (draw < 0.01) {
      changed.push({ before: one, after: null });
      return [];
    }
    if (draw < 0.015) {
      const after = { ...one, suburb: drawn(random, SUBURBS, ({ weight }) => weight).name };
      changed.push({ before: one, after });
      return [after];
    }
    if (draw < 0.018) return [{ ...one, condition: random.pick(CONDITIONS.slice(0, 12)) }];
    return [one];
  });
  const came = residents(Math.round(people.length / 100), `${seed}/came`, people.length);
  changed.push(...came.map((after) => ({ before: null, after })));
  return { people: [...stayed, ...came], changed };
}

const groupOfJob: Record<string, string> = {
  ...Object.fromEntries(Object.entries(JOBS).flatMap(([group, jobs]) => jobs.map((job) => [job, group]))),
  infant: 'child',
  pupil: 'child',
  student: 'student',
  retired: 'retired',
};
const districtOf = Object.fromEntries(SUBURBS.map(({ name, district }) => [name, district]));

/** What an officer asks for, and how it may be made coarser. */
export const PLANS: readonly ColumnPlan[] = [
  { name: 'suburb', role: 'quasi', levels: [{ by: 'exact' }, { by: 'parents', parents: districtOf }] },
  { name: 'age', role: 'quasi', levels: [5, 10, 20].map((width) => ({ by: 'bands', width })) },
  { name: 'sex', role: 'quasi', levels: [{ by: 'exact' }] },
  { name: 'occupation', role: 'quasi', levels: [{ by: 'exact' }, { by: 'parents', parents: groupOfJob }] },
  {
    name: 'household',
    role: 'quasi',
    levels: [
      { by: 'exact' },
      { by: 'parents', parents: { 1: '1-2', 2: '1-2', 3: '3-4', 4: '3-4', 5: '5-6', 6: '5-6' } },
    ],
  },
  { name: 'condition', role: 'sensitive', levels: [{ by: 'exact' }] },
];
/** Another recipient's question about the same people: where they live less exactly, how old they are more so. */
export const OTHER_PLANS: readonly ColumnPlan[] = [
  { name: 'age', role: 'quasi', levels: [3, 6, 12, 24].map((width) => ({ by: 'bands', width })) },
  { name: 'sex', role: 'quasi', levels: [{ by: 'exact' }] },
  { name: 'suburb', role: 'quasi', levels: [{ by: 'parents', parents: districtOf }] },
  { name: 'condition', role: 'sensitive', levels: [{ by: 'exact' }] },
];
export const valueOf = (one: Resident, column: string): string => String(one[column as keyof Resident]);
