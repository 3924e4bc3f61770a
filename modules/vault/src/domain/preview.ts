/** What a consent would mean, said before it is given: what is allowed and what is not, until when, and what taking it back does. */
import {
  RIGHTS as ALL_RIGHTS,
  type PreviewSentence,
  type Purpose,
  type Refrain,
  type Right,
} from '@cityward/contracts';
import type { Grant, Grantee } from './grant.ts';

/** Of people and organisations, as they are known in the city; `null` where they are not. */
export type NameOf = (id: string) => string | null;

type Kind = PreviewSentence['kind'];
/** Each goes on after "they may", before and after any other of them. */
const RIGHT_WORDS: Readonly<Record<Right, string>> = {
  view: 'look at it as a picture',
  text: 'read it as text',
  annotate: 'add notes to it',
  copy: 'copy parts of it',
  print: 'print it',
  export: 'take it out of the city as a file',
  store: 'keep a copy of it',
};
const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  TREAT: 'your treatment',
  ETREAT: 'your treatment in an emergency',
  HPAYMT: 'paying for your care',
  HOPERAT: 'running the health service',
  HRESCH: 'health research',
  PUBHLTH: 'public health',
  FAMRQT: 'what your family asked for',
  PATRQT: 'what you asked for yourself',
};
const DUTY_WORDS: Readonly<Record<Refrain, string>> = {
  NOPERSISTP: 'must not keep it after looking',
  DELAU: 'must delete whatever they hold of it after use',
  NORDSCLCD: 'must not pass it on to anybody',
  NOREUSE: 'must not use it for anything else',
};

/** What the vault itself prevents; the rest it cannot, once somebody sees it, and says so. */
export function holdOf(right: Right, given: readonly Right[]): Kind {
  switch (right) {
    case 'view':
    case 'text':
    case 'annotate':
    case 'export':
      return 'enforced';
    // A picture has no text to copy; text that is shown can be copied by anybody who sees it.
    case 'copy':
      return given.includes('text') ? 'duty' : 'enforced';
    case 'print':
    case 'store':
      return 'duty';
  }
}

interface Said {
  readonly about: PreviewSentence['about'];
  readonly kind: Kind;
  readonly values: PreviewSentence['values'];
  readonly english: string;
}

/** @param dayOf a moment for people, such as "1 March 2027" */
export function previewOf(grant: Grant, nameOf: NameOf, dayOf: (at: number) => string): readonly PreviewSentence[] {
  return [
    who(grant.grantee, nameOf),
    what(grant),
    may(grant),
    ...mayNot(grant),
    {
      about: 'purpose',
      kind: 'enforced',
      values: { purpose: grant.purpose },
      english: `Only for ${PURPOSE_WORDS[grant.purpose]}. For anything else they are refused.`,
    },
    when(grant, dayOf),
    ...uses(grant),
    handingOn(grant),
    ...grant.refrains.map(duty),
    ...takingBack(grant),
  ];
}

export function whoInWords({ person, organisation, role }: Grantee, nameOf: NameOf): string {
  const name = (id: string): string => nameOf(id) ?? `"${id}"`;
  const as = role === null ? '' : `, while they are ${article(role)} there`;
  if (person !== null && organisation === null) return name(person);
  if (person !== null) return `${name(person)} of ${name(organisation!)}${as}`;
  return `Whoever is ${article(role!)} at ${name(organisation!)}`;
}
const article = (role: string): string => `a ${role.replace('-', ' ')}`;

function who(grantee: Grantee, nameOf: NameOf): Said {
  const { person, organisation, role } = grantee;
  const named = (id: string): string => nameOf(id) ?? id;
  const values = {
    ...(person === null ? {} : { person: named(person) }),
    ...(organisation === null ? {} : { organisation: named(organisation) }),
    ...(role === null ? {} : { role }),
  };
  const only =
    person === null ? 'Who comes to work there later is let too, and who leaves is not any more.' : 'Nobody else.';
  return { about: 'who', kind: 'enforced', values, english: `${whoInWords(grantee, nameOf)} will be let in. ${only}` };
}

function what({ scope }: Grant): Said {
  if (scope.of === 'records') {
    const count = scope.records.length;
    const english = `${count === 1 ? 'One record' : `${count} records`} that you named, in all their versions, and nothing else.`;
    return { about: 'what', kind: 'enforced', values: { records: [...scope.records] }, english };
  }
  const { categories } = scope;
  const english = `All that is held about you as ${listed(categories.map(spaced))}, also what is added later, and nothing else.`;
  return { about: 'what', kind: 'enforced', values: { categories: [...categories] }, english };
}

function may({ rights }: Grant): Said {
  const text = rights.includes('text') ? ' A screen reader can speak text, and text can be copied.' : '';
  const given = ALL_RIGHTS.filter((right) => rights.includes(right));
  const english = `They may ${listed(given.map((right) => RIGHT_WORDS[right]))}.${text}`;
  return { about: 'may', kind: 'enforced', values: { rights: [...rights] }, english };
}

function mayNot({ rights }: Grant): Said[] {
  const lacking = ALL_RIGHTS.filter((right) => !rights.includes(right));
  return (['enforced', 'duty'] as const).flatMap((kind) => {
    const of = lacking.filter((right) => holdOf(right, rights) === kind);
    if (of.length === 0) return [];
    const words = listed(
      of.map((right) => RIGHT_WORDS[right]),
      'or',
    );
    const english =
      kind === 'enforced'
        ? `The city does not let them ${words}.`
        : `They must not ${words}. The city cannot prevent that once they see it; it is their duty, and whoever looked is on record.`;
    return [{ about: 'may-not' as const, kind, values: { rights: of }, english }];
  });
}

function when({ from, until }: Grant, dayOf: (at: number) => string): Said {
  const english = `From ${dayOf(from)} until ${dayOf(until)}; then it ends by itself.`;
  return { about: 'when', kind: 'enforced', values: { from, until }, english };
}

function uses({ uses: count }: Grant): Said[] {
  if (count === null) return [];
  const english = `They may look ${count === 1 ? 'once' : `${count} times in all`}, whoever of them it is.`;
  return [{ about: 'uses', kind: 'enforced', values: { uses: count }, english }];
}

function handingOn({ depth, grantee: { organisation } }: Grant): Said {
  const english =
    depth === 0
      ? 'They cannot let anybody else in.'
      : `They may let others of the same organisation in, ${depth === 1 ? 'once' : `${depth} times, one after the other`}, never for more than this. You see each of them here, and all of it ends with this one.`;
  const values = { depth, ...(organisation === null ? {} : { organisation }) };
  return { about: 'handing-on', kind: 'enforced', values, english };
}

const duty = (refrain: Refrain): Said => ({
  about: 'duty',
  kind: 'duty',
  values: { refrain },
  english: `They ${DUTY_WORDS[refrain]}. That is their duty; the city cannot see whether they keep it.`,
});

/** Rights after whose use something of it is in other hands. */
const LEAVING: readonly Right[] = ['text', 'copy', 'print', 'export', 'store'];
function takingBack({ rights }: Grant): Said[] {
  const left = rights.filter((right) => LEAVING.includes(right));
  const copies = left.length === 0 ? '' : ' Nor can what they copied, printed or kept.';
  return [
    {
      about: 'taking-back',
      kind: 'enforced',
      values: { darkWithinSeconds: DARK_WITHIN_S },
      english: `You can take this back at any time, in one step and without a reason. No byte is served from the moment the revocation is confirmed. A connected page goes dark within 150 ms (aim), a disconnected one within ${DARK_WITHIN_S} s. Whomever they let in is out too.`,
    },
    {
      about: 'cannot-be-recalled',
      kind: 'told',
      values: { rights: left },
      english: `What was already seen or photographed cannot be recalled.${copies}`,
    },
  ];
}
/** The longest that a page shows what it may not any more: it is cut off, and what it was lent ran out. */
const DARK_WITHIN_S = 5;

const spaced = (name: string): string => name.replaceAll('-', ' ');
function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}
