/** Lists and small parts of sentences in English (New Zealand). */
import type { PostRole, PreviewSentence, Purpose, Right } from '@cityward/contracts';

export interface Who {
  readonly name: string;
  readonly profession: PostRole | null;
  readonly organisation: string | null;
}

export const joined = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

export const PROFESSIONS: Readonly<Record<PostRole, string>> = {
  doctor: 'doctor',
  nurse: 'nurse',
  midwife: 'midwife',
  pharmacist: 'pharmacist',
  dentist: 'dentist',
  'social-worker': 'social worker',
  therapist: 'therapist',
  technician: 'technician',
  receptionist: 'receptionist',
  manager: 'manager',
  researcher: 'researcher',
};
export const who = ({ name, profession, organisation }: Who): string =>
  profession === null ? name : `${name}, a ${PROFESSIONS[profession]} at ${organisation ?? ''}`;

export const PURPOSES: Readonly<Record<Purpose, string>> = {
  TREAT: 'treatment',
  ETREAT: 'treatment in an emergency',
  HPAYMT: 'payment for care',
  HOPERAT: 'running the service',
  HRESCH: 'research',
  PUBHLTH: 'public health',
  FAMRQT: 'helping you, as family or a friend',
  PATRQT: 'your own use',
};
export const RIGHTS: Readonly<Record<Right, string>> = {
  view: 'see them on the screen, drawn as pictures',
  text: 'read them as text, which can be copied',
  annotate: 'add notes to them',
  copy: 'copy parts of them',
  print: 'print them',
  export: 'send them to another system',
  store: 'keep a copy in another system',
};
/** A category without a name here is shown as it is stored. */
export const CATEGORIES: Readonly<Record<string, string>> = {
  'about-me': 'personal details',
  'blood-tests': 'blood tests',
  medicines: 'medicines',
  conditions: 'conditions',
  allergies: 'allergies',
  immunisations: 'immunisations',
  documents: 'letters and documents',
  'emergency-reasons': 'reasons for emergency access',
  requests: 'requests under the law',
};

/** What a consent says, ready for a sentence. */
export interface Sentence {
  readonly who: Who;
  readonly what: readonly string[];
  readonly purpose: Purpose;
  readonly until: string;
}

/** A sentence of a preview, with what another language fills its own with. */
export interface Said extends Pick<PreviewSentence, 'about' | 'kind' | 'english'> {
  readonly whom: string;
  /** For whoever has a post, not for one person. */
  readonly isPost: boolean;
  readonly what: string;
  readonly rights: string;
  readonly purpose: string;
  readonly refrain: string;
  readonly from: string;
  readonly until: string;
  readonly uses: number;
  readonly depth: number;
}

/** A consent to whoever has the role at the organisation. */
export const anybody = (role: PostRole | null, organisation: string): string =>
  role === null ? `everybody who works at ${organisation}` : `every ${PROFESSIONS[role]} at ${organisation}`;
