/** What the verbs of networks, makers, waiting devices and discoveries ask of the city, and that what is hard to take back wants a reason. */
import { describe, expect, it } from 'vitest';
import { api, type Endpoint, type NetworkIdentity } from '@cityward/contracts';
import { findCommand, readArguments } from './command.ts';
import { doorCommands } from './doors.ts';

const network: NetworkIdentity = {
  id: 'lora-east',
  kind: 'lorawan-network',
  name: 'Relay \u001b[2Jeast',
  party: 'relay-ltd',
  speaksFor: { devices: ['air-0001'], sites: [] },
  state: 'registered',
  registered: 0,
  by: 'per-1',
  serial: null,
  notAfter: null,
  reason: null,
};

/** Runs the command line against a city that answers from a table; says what was asked of it. */
async function run(args: readonly string[], answers: Readonly<Record<string, unknown>>) {
  const command = findCommand(doorCommands(api), args)!;
  const asked: [string, unknown][] = [];
  const client = {
    call: ({ name }: Endpoint, input: object) => {
      asked.push([name, input]);
      return name in answers ? Promise.resolve(answers[name] as never) : Promise.reject(new Error(`asked ${name}`));
    },
    bytes: () => Promise.reject(new Error('asked')),
    upload: () => Promise.reject(new Error('asked')),
  };
  const said = await command.run({ ...readArguments(command, args), client });
  return { asked, said };
}

const ADD = ['network', 'add', 'lora-east', '--devices', 'air-0001,air-0002'];
const WHO = ['--kind', 'lorawan-network', '--name', 'Relay east', '--party', 'relay-ltd'];

describe('network', () => {
  it('registers one with its code, and prints nothing that steers the terminal', async () => {
    const code = { network: 'lora-east', code: 'aaaa-bbbb', expires: 0, url: 'https://localhost:8443/.well-known/est' };
    const { asked, said } = await run([...ADD, ...WHO], {
      listNetworks: { networks: [] },
      registerNetwork: network,
      issueNetworkCode: code,
    });
    expect(asked[1]).toEqual([
      'registerNetwork',
      {
        body: {
          id: 'lora-east',
          kind: 'lorawan-network',
          name: 'Relay east',
          party: 'relay-ltd',
          speaksFor: { devices: ['air-0001', 'air-0002'], sites: [] },
        },
      },
    ]);
    expect(said.text).toContain('aaaa-bbbb');
    expect(said.text).not.toContain('\u001b');
  });
  it('says anew whom a registered one may speak for', async () => {
    const { asked } = await run(ADD, { listNetworks: { networks: [network] }, setSpeaksFor: network });
    expect(asked.map(([name]) => name)).toEqual(['listNetworks', 'setSpeaksFor']);
  });
  it('wants kind, name and party of a new one', async () => {
    await expect(run(ADD, { listNetworks: { networks: [] } })).rejects.toThrow('--kind');
  });
});

it.each([
  ['network', 'end', 'lora-east'],
  ['waiting', 'approve', 'enr-1'],
  ['waiting', 'refuse', 'enr-1'],
  ['discovery', 'dismiss', 'disc-1'],
])('%s %s wants a reason', async (...args) => {
  await expect(run(args, {})).rejects.toThrow('--reason');
});

it('shows who waits, and those that were decided only when asked', async () => {
  const one = {
    id: 'enr-1',
    device: 'cam-0001',
    why: 'asked-for',
    serial: null,
    way: 'code',
    lastAsked: 0,
    address: '::1',
  };
  const enrolments = [
    { ...one, state: 'waiting' },
    { ...one, id: 'enr-2', state: 'issued' },
  ];
  const text = async (...more: string[]) =>
    (await run(['waiting', 'ls', ...more], { listEnrolments: { enrolments } })).said.text;
  expect(await text()).not.toContain('enr-2');
  expect((await text('--all')).split('\n')).toHaveLength(2);
});

it('pins nothing without the fingerprint that the maker published', async () => {
  await expect(run(['maker', 'pin', 'lumenworks', 'root.pem'], {})).rejects.toThrow('--fingerprint');
});
