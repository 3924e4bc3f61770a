/** Verbs about how far devices and services are trusted: each part with its reason, and what a person takes back. */
import type { Api, Trust } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { trustLines } from './city.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

const textOf = (trust: Trust): string => trustLines(trust).map(plainText).join('\n');

const OF_SERVICE = { name: 'service', help: 'the id is that of a cloud service' };

export const trustCommands = (api: Api): readonly Command[] => [
  {
    verb: 'trust show',
    words: ['ID'],
    help: 'How far a device, or a cloud service, is trusted now: each part with its value and its reason.',
    flags: [OF_SERVICE],
    examples: ['trust show cam-0001', 'trust show traffic-app --service'],
    run: async ({ words, has, client }) => {
      const asked = has('service') ? api.getServiceTrust : api.getDeviceTrust;
      const trust = await client.call(asked, { params: { id: words[0] ?? '' } });
      return { data: trust, text: textOf(trust) };
    },
  },
  {
    verb: 'trust restore',
    words: ['ID'],
    help: 'Take back that a device lied about what it runs, or what the calls of a service showed. Nothing else is taken back.',
    flags: [OF_SERVICE, { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' }],
    examples: [
      'trust restore cam-0001 --reason "Its clock was wrong; looked at on site"',
      'trust restore traffic-app --service --reason "Its owner mended a loop"',
    ],
    run: async ({ words, flag, has, client }) => {
      const reason = flag('reason');
      if (reason === undefined) throw new CommandFault(EXIT.usage, 'trust restore: --reason is wanted');
      const asked = has('service') ? api.restoreServiceTrust : api.restoreDeviceTrust;
      const trust = await client.call(asked, { params: { id: words[0] ?? '' }, body: { reason } });
      return { data: trust, text: textOf(trust) };
    },
  },
];
