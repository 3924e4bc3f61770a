/** Verbs about who works where and as what: kept by officers, never about themselves; each with their own recovery code. */
import type { Api, Post, PostDraft } from '@cityward/contracts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { day } from './days.ts';
import { dayIn, wanted } from './wanted.ts';

export const postCommands = (api: Api): readonly Command[] => [listCommand(api), addCommand(api), endCommand(api)];

const line = ({ id, person, organisation, role, from, until }: Post): string =>
  `${id}  ${person}  ${role} at ${organisation}  from ${day(from)}${until === null ? '' : ` to ${day(until)}`}`;

const listCommand = (api: Api): Command => ({
  verb: 'post ls',
  words: ['PERSON?'],
  help: 'Where a person works and as what, past and present; you, without PERSON.',
  flags: PERSON_FLAGS,
  examples: ['post ls per-ben'],
  run: async (asked) => {
    const [person] = asked.words;
    const query = person === undefined ? {} : { person };
    const { posts } = await asPerson(api, asked, (client) => client.call(api.listPosts, { query }));
    return { data: posts, text: posts.map(line).join('\n') || 'nothing is written down' };
  },
});

const addCommand = (api: Api): Command => ({
  verb: 'post add',
  words: ['PERSON'],
  help: 'Write down, as an officer, that a person works at an organisation in a role: what people let that role see, they see.',
  flags: [
    { name: 'organisation', value: 'ID', help: 'a party of the city' },
    { name: 'role', value: 'ROLE', help: 'such as doctor' },
    { name: 'from', value: 'DAY', help: 'the beginning (now)' },
    { name: 'until', value: 'DAY', help: 'the end (until somebody ends it)' },
    ...PERSON_FLAGS,
  ],
  examples: ['post add per-ben --organisation party-quay-clinic --role doctor'],
  run: async (asked) => {
    const body = {
      person: asked.words[0] ?? '',
      organisation: wanted(asked, 'post add', 'organisation'),
      role: wanted(asked, 'post add', 'role'),
      from: dayIn(asked, 'post add', 'from') ?? Date.now(),
      until: dayIn(asked, 'post add', 'until'),
    } as PostDraft;
    const post = await asPerson(api, asked, (client) => client.call(api.addPost, { body }));
    return { data: post, text: line(post) };
  },
});

const endCommand = (api: Api): Command => ({
  verb: 'post end',
  words: ['ID'],
  help: 'End it, as an officer: what was let be seen by that role is not seen any more.',
  flags: [{ name: 'at', value: 'DAY', help: 'at that day (now)' }, ...PERSON_FLAGS],
  examples: ['post end pst-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const at = dayIn(asked, 'post end', 'at');
    const input = { params: { id: asked.words[0] ?? '' }, body: at === null ? {} : { at } };
    const post = await asPerson(api, asked, (client) => client.call(api.endPost, input));
    return { data: post, text: line(post) };
  },
});
