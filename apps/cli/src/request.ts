/** Verbs about what people ask for by law: what waits, and its answer. Officers alone; each with their own recovery code. */
import type { Api, RightRequest } from '@cityward/contracts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { day } from './days.ts';
import { listOf, oneOf, wanted } from './wanted.ts';

export const requestCommands = (api: Api): readonly Command[] => [listCommand(api), answerCommand(api)];

const line = ({ id, subject, kind, regime, state, due, isOverdue, answer }: RightRequest): string => {
  const end = answer ? `${answer.outcome} ${day(answer.at)}` : `due ${day(due)}${isOverdue ? '  OVERDUE' : ''}`;
  return `${id}  ${subject}  ${kind} (${regime})  ${state}  ${end}`;
};

const listCommand = (api: Api): Command => ({
  verb: 'request ls',
  words: [],
  help: 'Requests of people that nobody has answered, what is due first, first. Asks for an officer’s recovery code.',
  flags: [...PERSON_FLAGS],
  examples: ['request ls'],
  run: async (asked) => {
    const { requests } = await asPerson(api, asked, (client) => client.call(api.listOpenRequests, {}));
    return { data: requests, text: requests.map(line).join('\n') || 'nobody waits for an answer' };
  },
});

const OUTCOMES = ['granted', 'partly', 'refused'] as const;

const answerCommand = (api: Api): Command => ({
  verb: 'request answer',
  words: ['ID'],
  help: 'Answer a request of a person. What is refused names the clauses that let it be. Asks for an officer’s recovery code.',
  flags: [
    { name: 'outcome', value: 'OUTCOME', help: OUTCOMES.join(', ') },
    { name: 'clauses', value: 'ID,…', help: 'such as nz-pa-49, where it is refused or granted in part' },
    { name: 'words', value: 'TEXT', help: 'what the person reads' },
    ...PERSON_FLAGS,
  ],
  examples: ['request answer req-7k2m9c0q4x1ab3d5 --outcome granted --words "It is all in your export."'],
  run: async (asked) => {
    const said = wanted(asked, 'request answer', 'outcome');
    const fault = `request answer: --outcome "${said}" wanted as one of ${OUTCOMES.join(', ')}`;
    const outcome = oneOf(OUTCOMES, said, fault);
    const body = { outcome, clauses: listOf(asked.flag('clauses')), words: wanted(asked, 'request answer', 'words') };
    const params = { id: asked.words[0] ?? '' };
    const answered = await asPerson(api, asked, (client) => client.call(api.answerRequest, { params, body }));
    return { data: answered, text: line(answered) };
  },
});
