/** Verbs about consents: whom a person lets see what. */
import type { Api, Consent, ConsentDraft, HandOnDraft } from '@cityward/contracts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Asked, Command, Flag } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { readJson } from './sign.ts';
import { dayIn, listOf, wanted, wantedDay } from './wanted.ts';

export const consentCommands = (api: Api): readonly Command[] => [
  listCommand(api),
  grantCommand(api),
  handOnCommand(api),
  revokeCommand(api),
];

function toWhom({ person, organisation, role }: Consent): string {
  const where = organisation === null ? '' : ` at ${organisation}`;
  return person === null ? `any ${role}${where}` : `${person}${role === null ? '' : ` as ${role}`}${where}`;
}
function line(consent: Consent): string {
  const { id, scope, rights, purpose, from, until, uses, used, state, given, parent } = consent;
  const what = scope.of === 'categories' ? scope.categories : scope.records;
  const often = uses === null ? '' : `  used ${used} of ${uses}`;
  const after = parent === null ? '' : `  handed on from ${parent}, by ${given.by}`;
  const behalf = given.behalf ? `  on behalf, by ${given.by}` : '';
  return `${id}  ${state}  ${toWhom(consent)} may ${rights.join(', ')} ${what.join(', ')}  ${purpose}  ${day(from)} to ${day(until)}${often}${behalf}${after}`;
}

const listCommand = (api: Api): Command => ({
  verb: 'consent ls',
  words: [],
  help: 'Whom a person lets see what.',
  flags: [{ name: 'subject', value: 'ID', help: 'whose consents' }],
  examples: ['consent ls --subject per-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const query = { subject: wanted(asked, 'consent ls', 'subject') };
    const { consents } = await asked.client.call(api.listConsents, { query });
    return { data: consents, text: consents.map(line).join('\n') || 'nobody is let see anything' };
  },
});

export function scopeOf({ flag }: Asked, verb: string): ConsentDraft['scope'] {
  const [categories, records] = [listOf(flag('categories')), listOf(flag('records'))];
  if (categories.length > 0 === records.length > 0)
    throw new CommandFault(EXIT.usage, `${verb}: one of --categories and --records is wanted`);
  return categories.length > 0 ? { of: 'categories', categories } : { of: 'records', records };
}

const DEFAULT_RIGHTS = 'view,text';
export const SCOPE_FLAGS: readonly Flag[] = [
  { name: 'categories', value: 'NAME,…', help: 'all records of these categories' },
  { name: 'records', value: 'ID,…', help: 'or these records alone' },
  { name: 'rights', value: 'RIGHT,…', help: `view, text, … (${DEFAULT_RIGHTS})` },
];
export const TERM_FLAGS: readonly Flag[] = [
  { name: 'until', value: 'DAY', help: 'the end, such as 2027-03-01' },
  { name: 'from', value: 'DAY', help: 'the beginning (now)' },
  { name: 'uses', value: 'N', help: 'how often it may be used in all' },
  { name: 'refrains', value: 'CODE,…', help: 'NOPERSISTP, DELAU, NORDSCLCD, NOREUSE' },
];
const DEPTH_FLAG: Flag = {
  name: 'depth',
  value: 'N',
  help: 'how often it may be handed on within the organisation (0)',
};

export const rightsOf = ({ flag }: Asked): ConsentDraft['rights'] =>
  // What a word means the city says: one list of them, in one place.
  listOf(flag('rights') ?? DEFAULT_RIGHTS) as ConsentDraft['rights'];
/** What is given, from when until when, how often and under which duties. */
export function termsOf(
  asked: Asked,
  verb: string,
): Pick<ConsentDraft, 'scope' | 'rights' | 'from' | 'until' | 'uses' | 'refrains'> {
  const uses = asked.flag('uses');
  return {
    scope: scopeOf(asked, verb),
    rights: rightsOf(asked),
    from: dayIn(asked, verb, 'from') ?? Date.now(),
    until: wantedDay(asked, verb, 'until'),
    uses: uses === undefined ? null : Number(uses),
    refrains: listOf(asked.flag('refrains')) as ConsentDraft['refrains'],
  };
}
const depthOf = ({ flag }: Asked): number => Number(flag('depth') ?? 0);

function draftOf(asked: Asked): ConsentDraft {
  const file = asked.flag('draft');
  if (file !== undefined) return readJson(file) as unknown as ConsentDraft;
  return {
    subject: wanted(asked, 'consent grant', 'subject'),
    person: asked.words[0],
    organisation: asked.flag('organisation'),
    role: asked.flag('role'),
    depth: depthOf(asked),
    purpose: wanted(asked, 'consent grant', 'purpose'),
    ...termsOf(asked, 'consent grant'),
  } as ConsentDraft;
}

const grantCommand = (api: Api): Command => ({
  verb: 'consent grant',
  words: ['PERSON?'],
  help: 'Let a person, or whoever holds a role at an organisation, see records, as the one whose they are, or as an officer on behalf. Asks for that person’s recovery code.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records they are' },
    ...SCOPE_FLAGS,
    { name: 'purpose', value: 'CODE', help: 'such as TREAT' },
    ...TERM_FLAGS,
    { name: 'organisation', value: 'ID', help: 'only while they work there' },
    {
      name: 'role',
      value: 'ROLE',
      help: 'only while they work there so, such as doctor; without PERSON for all who do',
    },
    DEPTH_FLAG,
    { name: 'draft', value: 'FILE', help: 'in place of all of these: what "consent import" wrote' },
    ...PERSON_FLAGS,
  ],
  examples: [
    'consent grant per-ben --subject per-aroha --categories blood-tests --purpose TREAT --until 2027-03-01',
    'consent grant --organisation party-quay-clinic --role doctor --subject per-aroha --categories notes --purpose TREAT --until 2027-03-01',
  ],
  run: async (asked) => {
    const body = draftOf(asked);
    const given = await asPerson(api, asked, (client) => client.call(api.giveConsent, { body }));
    return { data: given, text: line(given) };
  },
});

const handOnCommand = (api: Api): Command => ({
  verb: 'consent hand-on',
  words: ['ID', 'PERSON?'],
  help: 'Hand a consent that you were given on to somebody at the same organisation, never more than it is. Asks for your recovery code.',
  flags: [
    ...SCOPE_FLAGS,
    ...TERM_FLAGS,
    { name: 'role', value: 'ROLE', help: 'as what they have to work there; without PERSON for all who do' },
    DEPTH_FLAG,
    ...PERSON_FLAGS,
  ],
  examples: ['consent hand-on con-7k2m9c0q4x1ab3d5 per-nia --categories blood-tests --until 2027-02-01 --uses 2'],
  run: async (asked) => {
    const [id = '', person] = asked.words;
    const body = { person, role: asked.flag('role'), depth: depthOf(asked), ...termsOf(asked, 'consent hand-on') };
    const input = { params: { id }, body: body as HandOnDraft };
    const given = await asPerson(api, asked, (client) => client.call(api.handOnConsent, input));
    return { data: given, text: line(given) };
  },
});

const revokeCommand = (api: Api): Command => ({
  verb: 'consent revoke',
  words: ['ID'],
  help: 'Take a consent back. Once this answers, no byte is served by it.',
  flags: [],
  examples: ['consent revoke con-7k2m9c0q4x1ab3d5'],
  run: async ({ words, client }) => {
    const taken = await client.call(api.takeBackConsent, { params: { id: words[0] ?? '' } });
    return { data: taken, text: line(taken) };
  },
});
