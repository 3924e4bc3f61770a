/** Verbs for opening what is sealed: one officer asks, another approves, either ends it. */
import { UNSEALING_DAYS_MAX, type Api, type Unsealing } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Asked, Command, Said } from './command.ts';
import { moment } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { listOf, wanted } from './wanted.ts';

export const unsealingCommands = (api: Api): readonly Command[] => [
  listCommand(api),
  askCommand(api),
  changeCommand(api, {
    verb: 'unsealing approve',
    endpoint: 'approveUnsealing',
    help: 'Open sealed records that another officer asked for. The person is told, unless an order lets that wait.',
  }),
  changeCommand(api, {
    verb: 'unsealing end',
    endpoint: 'endUnsealing',
    help: 'End an opening of sealed records before its time, or turn one down that is asked for.',
  }),
];

function line({ id, state, subject, records, reader, reference, reason, until, hiddenUntil }: Unsealing): string {
  const window = until === null ? '' : `  until ${moment(until)}`;
  const kept = hiddenUntil === null ? '' : `  told after ${moment(hiddenUntil)}`;
  return `${id}  ${state}  ${records.length} of ${subject}  for ${reader}${window}${kept}  ${plainText(reference)}: ${plainText(reason)}`;
}

const listCommand = (api: Api): Command => ({
  verb: 'unsealing ls',
  words: [],
  help: 'Openings of sealed records that are asked for, open, or kept from the person by an order.',
  flags: [{ name: 'subject', value: 'ID', help: 'of one person alone' }],
  examples: ['unsealing ls'],
  run: async ({ client, flag }) => {
    const subject = flag('subject');
    const { unsealings } = await client.call(api.listUnsealings, { query: subject === undefined ? {} : { subject } });
    return { data: unsealings, text: unsealings.map(line).join('\n') || 'nothing that is sealed is open' };
  },
});

const askCommand = (api: Api): Command => ({
  verb: 'unsealing ask',
  words: [],
  help: 'Ask for sealed records to be opened for one reader. Another officer approves it within three days.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records' },
    { name: 'records', value: 'ID,…', help: 'which of them' },
    { name: 'reader', value: 'ID', help: 'who may look at them' },
    { name: 'reason', value: 'TEXT', help: 'why' },
    { name: 'clause', value: 'TEXT', help: 'by which law' },
    { name: 'reference', value: 'TEXT', help: 'number of the order or file' },
    { name: 'days', value: 'N', help: `from the approval on, at most ${UNSEALING_DAYS_MAX} (1)` },
    { name: 'quiet', help: 'tell the person only once the order ends that two officers recorded for it' },
    ...PERSON_FLAGS,
  ],
  examples: [
    'unsealing ask --subject per-7k2m9c0q4x1ab3d5 --records rec-1m9c0q4x1ab3d5k7 --reader per-2b8v0c9x3m6n7q1w --reason "claim 12/27" --clause "High Court Rules 8.3" --reference "CIV-2027-404-12"',
  ],
  run: ask(api),
});

const ask =
  (api: Api) =>
  async (asked: Asked): Promise<Said> => {
    const verb = 'unsealing ask';
    const days = asked.flag('days') ?? '1';
    if (!/^[1-9]$/.test(days) || Number(days) > UNSEALING_DAYS_MAX)
      throw new CommandFault(EXIT.usage, `${verb}: --days "${days}": wanted 1 to ${UNSEALING_DAYS_MAX}`);
    const body = {
      ...{ subject: wanted(asked, verb, 'subject'), records: listOf(wanted(asked, verb, 'records')) },
      ...{ reader: wanted(asked, verb, 'reader'), reason: wanted(asked, verb, 'reason') },
      ...{ clause: wanted(asked, verb, 'clause'), reference: wanted(asked, verb, 'reference') },
      ...{ days: Number(days), quiet: asked.has('quiet') },
    };
    const one = await asPerson(api, asked, (client) => client.call(api.askUnsealing, { body }));
    return { data: one, text: line(one) };
  };

interface Change {
  readonly verb: string;
  readonly endpoint: 'approveUnsealing' | 'endUnsealing';
  readonly help: string;
}
const changeCommand = (api: Api, { verb, endpoint, help }: Change): Command => ({
  verb,
  words: ['ID'],
  help,
  flags: PERSON_FLAGS,
  examples: [`${verb} uns-7k2m9c0q4x1ab3d5`],
  run: async (asked) => {
    const params = { id: asked.words[0] ?? '' };
    const one = await asPerson(api, asked, (client) => client.call(api[endpoint], { params }));
    return { data: one, text: line(one) };
  },
});
