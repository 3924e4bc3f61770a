/** The residents of Port Merrow and those who look after them, grown from the seed: made up, and the same each time. */
import type { Position, Purpose, Right } from '@cityward/contracts';
import { seeded, type Random } from '@cityward/kernel';

export interface MadeResident {
  readonly name: string;
  readonly given: readonly string[];
  readonly family: string;
  readonly gender: 'female' | 'male' | 'other';
  readonly born: { readonly year: number; readonly month: number; readonly day: number };
  readonly address: string;
}
export interface MadeProfessional {
  readonly name: string;
  readonly position: Position;
}
/** What a resident allowed on paper, before there were pages. */
export interface MadeConsent {
  /** By their places in the lists. */
  readonly resident: number;
  readonly professional: number;
  readonly categories: readonly string[];
  readonly purpose: Purpose;
  readonly rights: readonly Right[];
  readonly days: number;
}
export interface MadeRegister {
  readonly residents: readonly MadeResident[];
  readonly professionals: readonly MadeProfessional[];
  readonly consents: readonly MadeConsent[];
}

export const RESIDENTS = 48;
const GIVEN: readonly (readonly [string, MadeResident['gender']])[] = [
  ['Aroha', 'female'],
  ['Mere', 'female'],
  ['Hinemoa', 'female'],
  ['Anahera', 'female'],
  ['Grace', 'female'],
  ['Isla', 'female'],
  ['Charlotte', 'female'],
  ['Sina', 'female'],
  ['Losa', 'female'],
  ['Mei', 'female'],
  ['Priya', 'female'],
  ['Ruth', 'female'],
  ['Tama', 'male'],
  ['Wiremu', 'male'],
  ['Rangi', 'male'],
  ['Nikau', 'male'],
  ['Jack', 'male'],
  ['Oliver', 'male'],
  ['Sione', 'male'],
  ['Ioane', 'male'],
  ['Arjun', 'male'],
  ['Wei', 'male'],
  ['Kai', 'other'],
  ['Rowan', 'other'],
];
const FAMILY = [
  ...['Ngata', 'Tamihana', 'Parata', 'Wharepapa', 'Rewi', 'Tuhoro', 'Hohepa', 'Campbell', 'Fraser', 'Thompson'],
  ...[
    'Walker',
    'Bennett',
    'Leota',
    'Faleolo',
    'Tuilagi',
    'Vaka',
    'Sharma',
    'Patel',
    'Chen',
    'Liang',
    'Nguyen',
    'Okafor',
  ],
];
const STREETS = ['Quay Street', 'Kauri Road', 'Signal Hill Road', 'Longsands Parade', 'Mill Lane', 'Northgate Avenue'];

/** The first of each is the one that a newcomer signs in as. */
const FIRST: MadeResident = {
  name: 'Aroha Ngata',
  given: ['Aroha'],
  family: 'Ngata',
  gender: 'female',
  born: { year: 1984, month: 5, day: 17 },
  address: '14 Kauri Road, Harbour, Port Merrow',
};
const PROFESSIONALS: readonly MadeProfessional[] = (
  [
    ['Dr Ben Harris', 'doctor', 'quay-clinic'],
    ['Nurse Lena Okoro', 'nurse', 'quay-clinic'],
    ['Dr Sefina Lemalu', 'doctor', 'quay-clinic'],
    ['Dr Hana Whitu', 'doctor', 'hospital'],
    ['Dr Marcus Reid', 'doctor', 'hospital'],
    ['Ana Kereopa', 'midwife', 'hospital'],
    ['Joel Findlay', 'pharmacist', 'hospital'],
    ['Tess Waaka', 'social-worker', 'hospital'],
    ['Nurse Imran Aziz', 'nurse', 'dialysis'],
    ['Dr Yuki Tanabe', 'doctor', 'dialysis'],
  ] as const
).map(([name, profession, party]) => ({ name, position: { profession, organisation: `party-${party}` } }));

const CATEGORIES = ['blood-tests', 'medicines', 'conditions', 'allergies', 'immunisations', 'documents'] as const;
const YEARS_MAX = 88;
const THIS_CENTURY = 2_025;

function residentsOf(random: Random): readonly MadeResident[] {
  const made = new Map([[FIRST.name, FIRST]]);
  while (made.size < RESIDENTS) {
    const [given, gender] = random.pick(GIVEN);
    const family = random.pick(FAMILY);
    const born = {
      year: THIS_CENTURY - 17 - random.int(YEARS_MAX - 17),
      month: 1 + random.int(12),
      day: 1 + random.int(28),
    };
    const address = `${1 + random.int(180)} ${random.pick(STREETS)}, Port Merrow`;
    const name = `${given} ${family}`;
    if (!made.has(name)) made.set(name, { name, given: [given], family, gender, born, address });
  }
  return [...made.values()];
}

const FIRST_CONSENTS: readonly MadeConsent[] = [
  {
    resident: 0,
    professional: 0,
    categories: ['blood-tests', 'medicines'],
    purpose: 'TREAT',
    rights: ['view', 'text'],
    days: 92,
  },
  { resident: 0, professional: 1, categories: ['immunisations'], purpose: 'TREAT', rights: ['view'], days: 30 },
];

function consentsOf(random: Random): readonly MadeConsent[] {
  const made = [...FIRST_CONSENTS];
  for (let resident = 1; resident < RESIDENTS; resident++) {
    for (let n = random.int(3); n > 0; n--) {
      const categories = CATEGORIES.filter(() => random.next() < 0.4);
      const rights: readonly Right[] = random.next() < 0.5 ? ['view'] : ['view', 'text'];
      const professional = random.int(PROFESSIONALS.length);
      if (categories.length > 0)
        made.push({ resident, professional, categories, purpose: 'TREAT', rights, days: 14 + random.int(350) });
    }
  }
  return made;
}

export function madeRegister(seed: string): MadeRegister {
  const random = seeded(seed).fork('residents');
  return {
    residents: residentsOf(random.fork('people')),
    professionals: PROFESSIONALS,
    consents: consentsOf(random.fork('consents')),
  };
}
