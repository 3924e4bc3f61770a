/** Verbs about requests to see records: a professional asks, the person answers. Each with their own recovery code. */
import type { AccessRequest, AccessRequestDraft, Api } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { rightsOf, SCOPE_FLAGS, scopeOf, TERM_FLAGS, termsOf } from './consent.ts';
import { day } from './days.ts';
import { wanted } from './wanted.ts';

export const accessRequestCommands = (api: Api): readonly Command[] => [
  askCommand(api),
  askedCommand(api),
  agreeCommand(api),
  declineCommand(api),
  withdrawCommand(api),
];

function line(request: AccessRequest): string {
  const { id, state, asker, organisation, role, subject, scope, rights, purpose, days, why, until, consent } = request;
  const what = scope.of === 'categories' ? scope.categories : scope.records;
  const end = state === 'open' ? `lapses ${day(until)}` : day(until);
  const by = consent === null ? '' : `  ${consent}`;
  return `${id}  ${state} (${end})  ${asker}, ${role} at ${organisation}, asks ${subject}: ${rights.join(', ')} ${what.join(', ')} for ${purpose}, ${days} days: ${plainText(why)}${by}`;
}

const askCommand = (api: Api): Command => ({
  verb: 'consent ask',
  words: ['SUBJECT'],
  help: 'Ask a person to let you see records, as somebody who works somewhere. What would mislead them is refused.',
  flags: [
    ...SCOPE_FLAGS,
    { name: 'purpose', value: 'CODE', help: 'such as TREAT' },
    { name: 'days', value: 'N', help: 'for how long, from the answer on' },
    { name: 'why', value: 'TEXT', help: 'what the person reads' },
    ...PERSON_FLAGS,
  ],
  examples: [
    'consent ask per-aroha --categories blood-tests --purpose TREAT --days 30 --why "You are booked with me on Monday"',
  ],
  run: async (asked) => {
    const body = {
      subject: asked.words[0] ?? '',
      scope: scopeOf(asked, 'consent ask'),
      rights: rightsOf(asked),
      purpose: wanted(asked, 'consent ask', 'purpose'),
      days: Number(wanted(asked, 'consent ask', 'days')),
      why: wanted(asked, 'consent ask', 'why'),
    } as AccessRequestDraft;
    const made = await asPerson(api, asked, (client) => client.call(api.askForAccess, { body }));
    return { data: made, text: line(made) };
  },
});

const askedCommand = (api: Api): Command => ({
  verb: 'consent asked',
  words: [],
  help: 'Who asks to see your records, and whom you asked; newest first.',
  flags: PERSON_FLAGS,
  examples: ['consent asked'],
  run: async (asked) => {
    const [about, mine] = await asPerson(api, asked, async (client) => [
      await client.call(api.listAccessRequests, { query: {} }),
      await client.call(api.listAccessAsked, {}),
    ]);
    const all = [...about.requests, ...mine.requests].sort((one, other) => other.at - one.at);
    return { data: all, text: all.map(line).join('\n') || 'nobody asks anything' };
  },
});

const agreeCommand = (api: Api): Command => ({
  verb: 'consent agree',
  words: ['REQUEST'],
  help: 'Agree to a request, by naming what you give: never more than was asked.',
  flags: [...SCOPE_FLAGS, ...TERM_FLAGS, ...PERSON_FLAGS],
  examples: ['consent agree ask-7k2m9c0q4x1ab3d5 --categories blood-tests --rights view --until 2027-02-01'],
  run: async (asked) => {
    const params = { id: asked.words[0] ?? '' };
    const body = { answer: 'agree' as const, ...termsOf(asked, 'consent agree') };
    const { request } = await asPerson(api, asked, (client) => client.call(api.answerAccessRequest, { params, body }));
    return { data: request, text: line(request) };
  },
});

const declineCommand = (api: Api): Command => ({
  verb: 'consent decline',
  words: ['REQUEST'],
  help: 'Decline a request: the same one does not ask you again for thirty days.',
  flags: PERSON_FLAGS,
  examples: ['consent decline ask-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const input = { params: { id: asked.words[0] ?? '' }, body: { answer: 'decline' as const } };
    const { request } = await asPerson(api, asked, (client) => client.call(api.answerAccessRequest, input));
    return { data: request, text: line(request) };
  },
});

const withdrawCommand = (api: Api): Command => ({
  verb: 'consent withdraw',
  words: ['REQUEST'],
  help: 'Withdraw a request of yours.',
  flags: PERSON_FLAGS,
  examples: ['consent withdraw ask-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const params = { id: asked.words[0] ?? '' };
    const request = await asPerson(api, asked, (client) => client.call(api.withdrawAccessRequest, { params }));
    return { data: request, text: line(request) };
  },
});
