/** Lists and small parts of sentences in te reo Māori. */
import type { PostRole, Purpose, Right } from '@cityward/contracts';
import type { Who } from './en-lists.ts';

export const joined = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} me ${items.at(-1)!}`;

export const PROFESSIONS: Readonly<Record<PostRole, string>> = {
  doctor: 'rata',
  nurse: 'nēhi',
  midwife: 'kaiwhakawhānau',
  pharmacist: 'kaitaka rongoā',
  dentist: 'pouniho',
  'social-worker': 'tauwhiro',
  therapist: 'kaihaumanu',
  technician: 'kaihangarau',
  receptionist: 'kaiwhakatau manuhiri',
  manager: 'kaiwhakahaere',
  researcher: 'kairangahau',
};
export const who = ({ name, profession, organisation }: Who): string =>
  profession === null ? name : `${name}, he ${PROFESSIONS[profession]} i ${organisation ?? ''}`;

export const PURPOSES: Readonly<Record<Purpose, string>> = {
  TREAT: 'te maimoatanga',
  ETREAT: 'te maimoatanga ohotata',
  HPAYMT: 'te utu i ngā tiaki hauora',
  HOPERAT: 'te whakahaere i te ratonga',
  HRESCH: 'te rangahau',
  PUBHLTH: 'te hauora tūmatanui',
  FAMRQT: 'te āwhina i a koe, hei whānau, hei hoa rānei',
  PATRQT: 'tō ake mahi',
};
export const RIGHTS: Readonly<Record<Right, string>> = {
  view: 'te kite i te mata, hei whakaahua',
  text: 'te pānui hei kupu (ka taea te tārua)',
  annotate: 'te tāpiri kōrero',
  copy: 'te tārua i ētahi wāhanga',
  print: 'te tā ki te pepa',
  export: 'te tuku ki tētahi atu pūnaha',
  store: 'te pupuri i tētahi tārua i tētahi atu pūnaha',
};
export const CATEGORIES: Readonly<Record<string, string>> = {
  'about-me': 'taipitopito whaiaro',
  'blood-tests': 'whakamātau toto',
  medicines: 'rongoā',
  conditions: 'mate hauora',
  allergies: 'mate pāwera',
  immunisations: 'rongoā ārai mate',
  documents: 'reta me ngā tuhinga',
  'emergency-reasons': 'take mō te urunga ohotata',
  requests: 'tono i raro i te ture',
};
export const forWhat = (purpose: Purpose): string => `mō ${PURPOSES[purpose]}`;

/** A consent to whoever has the role at the organisation. */
export const anybody = (role: PostRole | null, organisation: string): string =>
  role === null ? `te hunga katoa e mahi ana i ${organisation}` : `ngā ${PROFESSIONS[role]} katoa i ${organisation}`;
