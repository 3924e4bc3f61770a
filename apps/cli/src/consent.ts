/** Verbs about consents: whom a person lets see what. */
import type { Api, Consent, ConsentDraft } from '@cityward/contracts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Asked, Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { listOf, momentOf, wanted } from './wanted.ts';

export const consentCommands = (api: Api): readonly Command[] => [
  listCommand(api),
  grantCommand(api),
  revokeCommand(api),
];

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
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

const momentIn = (text: string, flag: string): number =>
  momentOf(text, { verb: 'consent grant', flag, such: 'day, wanted such as 2027-03-01' });

function scopeOf({ flag }: Asked): ConsentDraft['scope'] {
  const [categories, records] = [listOf(flag('categories')), listOf(flag('records'))];
  if (categories.length > 0 === records.length > 0)
    throw new CommandFault(EXIT.usage, 'consent grant: one of --categories and --records is wanted');
  return categories.length > 0 ? { of: 'categories', categories } : { of: 'records', records };
}

const DEFAULT_RIGHTS = 'view,text';

const grantCommand = (api: Api): Command => ({
  verb: 'consent grant',
  words: ['PERSON?'],
  help: 'Let a person, or whoever holds a role at an organisation, see records, as the one whose they are, or as an officer on behalf. Asks for that person’s recovery code.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records they are' },
    { name: 'categories', value: 'NAME,…', help: 'all records of these categories' },
    { name: 'records', value: 'ID,…', help: 'or these records alone' },
    { name: 'purpose', value: 'CODE', help: 'such as TREAT' },
    { name: 'until', value: 'DAY', help: 'the end, such as 2027-03-01' },
    { name: 'from', value: 'DAY', help: 'the beginning (now)' },
    { name: 'rights', value: 'RIGHT,…', help: `view, text, … (${DEFAULT_RIGHTS})` },
    { name: 'organisation', value: 'ID', help: 'only while they work there' },
    {
      name: 'role',
      value: 'ROLE',
      help: 'only while they work there so, such as doctor; without PERSON for all who do',
    },
    { name: 'depth', value: 'N', help: 'how often it may be handed on within the organisation (0)' },
    { name: 'uses', value: 'N', help: 'how often it may be used in all' },
    { name: 'refrains', value: 'CODE,…', help: 'NOPERSISTP, DELAU, NORDSCLCD, NOREUSE' },
    ...PERSON_FLAGS,
  ],
  examples: [
    'consent grant per-ben --subject per-aroha --categories blood-tests --purpose TREAT --until 2027-03-01',
    'consent grant --organisation party-quay-clinic --role doctor --subject per-aroha --categories notes --purpose TREAT --until 2027-03-01',
  ],
  run: async (asked) => {
    const from = asked.flag('from');
    const [uses, depth] = [asked.flag('uses'), asked.flag('depth')];
    // What a word means the city says: one list of them, in one place.
    const body = {
      subject: wanted(asked, 'consent grant', 'subject'),
      person: asked.words[0],
      organisation: asked.flag('organisation'),
      role: asked.flag('role'),
      depth: depth === undefined ? 0 : Number(depth),
      scope: scopeOf(asked),
      rights: listOf(asked.flag('rights') ?? DEFAULT_RIGHTS),
      purpose: wanted(asked, 'consent grant', 'purpose'),
      from: from === undefined ? Date.now() : momentIn(from, 'from'),
      until: momentIn(wanted(asked, 'consent grant', 'until'), 'until'),
      uses: uses === undefined ? null : Number(uses),
      refrains: listOf(asked.flag('refrains')),
    } as ConsentDraft;
    const given = await asPerson(api, asked, (client) => client.call(api.giveConsent, { body }));
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
