/** What the verbs of trust ask of the city and print: unknown is said so, and nothing steers the terminal. */
import { describe, expect, it } from 'vitest';
import { api, type Endpoint, type Trust } from '@cityward/contracts';
import { findCommand, readArguments } from './command.ts';
import { trustCommands } from './trust.ts';

const TRUST: Trust = {
  kind: 'device',
  id: 'cam-0001',
  level: 'low',
  value: 35,
  since: 0,
  reason: 'x',
  components: [
    {
      kind: 'behaviour',
      state: 'known',
      value: 35,
      reason: 'odd \u001b[2Jpeers',
      source: 'watch',
      since: 0,
      expires: 9,
    },
    { kind: 'advisories', state: 'unknown', value: null, reason: 'none yet', source: null, since: null, expires: null },
  ],
};

async function run(...args: readonly string[]) {
  const command = findCommand(trustCommands(api), args)!;
  const asked: [string, unknown][] = [];
  const client = {
    call: ({ name }: Endpoint, input: object) => {
      asked.push([name, input]);
      return Promise.resolve(TRUST as never);
    },
    bytes: () => Promise.reject(new Error('asked')),
    upload: () => Promise.reject(new Error('asked')),
  };
  const said = await command.run({ ...readArguments(command, args), client });
  return { asked, said };
}

describe('trust', () => {
  it('shows each part with its reason', async () => {
    const { asked, said } = await run('trust', 'show', 'cam-0001');
    expect(asked).toEqual([['getDeviceTrust', { params: { id: 'cam-0001' } }]]);
    expect(said.text.split('\n')).toHaveLength(3);
    expect(said.text).toMatch(/advisories\s+\? {2}none yet/);
    expect(said.text).not.toContain('\u001b');
  });
  it('takes back that a device lied, for a reason', async () => {
    await expect(run('trust', 'restore', 'cam-0001')).rejects.toThrow('--reason');
    const { asked } = await run('trust', 'restore', 'cam-0001', '--reason', 'looked at on site');
    expect(asked).toEqual([
      ['restoreDeviceTrust', { params: { id: 'cam-0001' }, body: { reason: 'looked at on site' } }],
    ]);
  });
  it('shows and takes back the same of a cloud service', async () => {
    const shown = await run('trust', 'show', 'traffic-app', '--service');
    const restored = await run('trust', 'restore', 'traffic-app', '--service', '--reason', 'its owner mended a loop');
    expect([...shown.asked, ...restored.asked]).toEqual([
      ['getServiceTrust', { params: { id: 'traffic-app' } }],
      ['restoreServiceTrust', { params: { id: 'traffic-app' }, body: { reason: 'its owner mended a loop' } }],
    ]);
  });
});
