/** Verbs about whose data something touched. */
import { readFileSync } from 'node:fs';
import type { Api, Exposure } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { listOf, momentOf, wanted } from './wanted.ts';

export const whoseDataCommands = (api: Api): readonly Command[] => [
  askCommand(api),
  listCommand(api),
  peopleCommand(api),
  tellCommand(api),
];

const momentIn = (text: string, flag: string): number =>
  momentOf(text, { verb: 'whose-data', flag, such: 'time, wanted such as 2027-03-01T14:00Z' });

const line = ({ id, state, people, told, reason }: Exposure): string =>
  `${id}  ${state}  ${people} people, ${told} told  ${plainText(reason)}`;

const askCommand = (api: Api): Command => ({
  verb: 'whose-data',
  words: [],
  help: 'Whose data did these devices, services, datasets or times touch? Drafts what to tell them; tells nobody.',
  flags: [
    { name: 'sources', value: 'ID,…', help: 'devices and services' },
    { name: 'datasets', value: 'ID,…', help: 'datasets; those behind the devices are found by themselves' },
    { name: 'from', value: 'TIME', help: 'the beginning, such as 2027-03-01T14:00Z' },
    { name: 'to', value: 'TIME', help: 'the end (now)' },
    { name: 'reason', value: 'TEXT', help: 'why it is asked; goes into the evidence' },
  ],
  examples: ['whose-data --sources cam-0017,cam-0018 --from 2027-03-01T14:00Z --reason "two cameras were taken over"'],
  run: async (asked) => {
    const scope = {
      sources: listOf(asked.flag('sources')),
      datasets: listOf(asked.flag('datasets')),
      from: momentIn(wanted(asked, 'whose-data', 'from'), 'from'),
      to: momentIn(asked.flag('to') ?? new Date().toISOString(), 'to'),
    };
    const body = { scope, reason: wanted(asked, 'whose-data', 'reason') };
    const found = await asked.client.call(api.askWhoseData, { body });
    const drafts = found.groups.map(({ people, draft }) => `\nTo ${people} people:\n${draft}`);
    return { data: found, text: [line(found), ...drafts].join('\n') };
  },
});

const listCommand = (api: Api): Command => ({
  verb: 'whose-data ls',
  words: [],
  help: 'What was asked about whose data, and how far the people were told.',
  flags: [],
  examples: ['whose-data ls'],
  run: async (asked) => {
    const { exposures } = await asked.client.call(api.listExposures, {});
    return { data: exposures, text: exposures.map(line).join('\n') || 'nothing was asked' };
  },
});

const peopleCommand = (api: Api): Command => ({
  verb: 'whose-data people',
  words: ['ID'],
  help: 'The people of such a question, a thousand at a time.',
  flags: [{ name: 'after', value: 'ID', help: 'those after this one' }],
  examples: ['whose-data people exp-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const after = asked.flag('after');
    const { people } = await asked.client.call(api.listExposed, {
      params: { id: asked.words[0] ?? '' },
      query: after === undefined ? {} : { after },
    });
    return { data: people, text: people.map(({ subject }) => subject).join('\n') || 'nobody' };
  },
});

const tellCommand = (api: Api): Command => ({
  verb: 'whose-data tell',
  words: ['ID'],
  help: 'Tell all the people of such a question: it stands among who looked, and they read this text among their notices. An officer does it, with a recovery code.',
  flags: [{ name: 'text', value: 'FILE', help: 'what they are told, as text' }, ...PERSON_FLAGS],
  examples: ['whose-data tell exp-7k2m9c0q4x1ab3d5 --text notice.txt'],
  run: async (asked) => {
    const body = { text: readFileSync(wanted(asked, 'whose-data tell', 'text'), 'utf8').trim() };
    const told = await asPerson(api, asked, (client) =>
      client.call(api.tellExposed, { params: { id: asked.words[0] ?? '' }, body }),
    );
    return { data: told, text: line(told) };
  },
});
