/** Verbs about how far devices are trusted: each part with its reason, and taking back that one lied. */
import type { Api, Trust } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { trustLines } from './city.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

const textOf = (trust: Trust): string => trustLines(trust).map(plainText).join('\n');

export const trustCommands = (api: Api): readonly Command[] => [
  {
    verb: 'trust show',
    words: ['ID'],
    help: 'How far a device is trusted now: each part with its value and its reason.',
    flags: [],
    examples: ['trust show cam-0001', 'trust show cam-0001 --json'],
    run: async ({ words, client }) => {
      const trust = await client.call(api.getDeviceTrust, { params: { id: words[0] ?? '' } });
      return { data: trust, text: textOf(trust) };
    },
  },
  {
    verb: 'trust restore',
    words: ['ID'],
    help: 'Take back that a device lied about what it runs, after looking into it. Nothing else is taken back.',
    flags: [{ name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' }],
    examples: ['trust restore cam-0001 --reason "Its clock was wrong; looked at on site"'],
    run: async ({ words, flag, client }) => {
      const reason = flag('reason');
      if (reason === undefined) throw new CommandFault(EXIT.usage, 'trust restore: --reason is wanted');
      const trust = await client.call(api.restoreDeviceTrust, { params: { id: words[0] ?? '' }, body: { reason } });
      return { data: trust, text: textOf(trust) };
    },
  },
];
