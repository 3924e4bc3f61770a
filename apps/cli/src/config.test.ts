/** What the verbs of wanted configurations print, and what they refuse before they ask. */
import { describe, expect, it } from 'vitest';
import { api } from '@cityward/contracts';
import type { Client } from './client.ts';
import { findCommand, readArguments } from './command.ts';
import { configCommands, deviceText, driftText } from './config.ts';

const HASH = 'a1'.repeat(32);
const group = { document: HASH, devices: 2, sample: ['cam-0001', 'cam-0002'], draft: { title: 'Mend' } };
const asked: string[] = [];
const client = {
  call: (endpoint: { name: string }) => {
    asked.push(endpoint.name);
    if (endpoint.name === 'listDrift') return Promise.resolve({ groups: [group] });
    return Promise.resolve({ changes: [{ id: 'chg-1', title: 'Mend', signed: { needed: 1 } }] });
  },
} as unknown as Client;
const run = (...args: string[]) => {
  const command = findCommand(configCommands(api), args)!;
  return command.run({ ...readArguments(command, args), client });
};

describe('config', () => {
  it('shows the difference of one device, and whose wish each value is', () => {
    const text = deviceText({
      device: 'cam-0001',
      hash: HASH,
      document: { ssh: false },
      origins: [{ path: 'ssh', scope: 'site', key: 'site-0' }],
      running: 'b'.repeat(64),
      drift: 'drifted',
      difference: [{ path: 'ssh', is: true, wanted: false }],
    });
    expect(text.split('\n')).toEqual([
      'cam-0001 is not configured as wanted',
      '  ssh: true, wanted false',
      '  ssh is wanted by site site-0',
    ]);
  });
  it('lists who drifts, and exits with 1', async () => {
    expect(driftText({ groups: [] })).toContain('as wanted');
    expect(await run('config', 'drift')).toMatchObject({
      text: 'a1a1a1a1a1a1  2 devices: cam-0001, cam-0002',
      exit: 1,
    });
  });
  it('plans what mends a document, named by the beginning of its hash', async () => {
    expect(await run('config', 'mend', 'a1a1')).toMatchObject({ text: 'chg-1  Mend: 1 signatures wanted' });
    await expect(async () => run('config', 'mend', 'ff')).rejects.toThrow('wanted one');
  });
  it('wants a scope that there is, and a reason', async () => {
    asked.length = 0;
    await expect(async () => run('config', 'clear', 'ward', 'quay')).rejects.toThrow('class, site, device');
    await expect(async () => run('config', 'clear', 'class', 'camera')).rejects.toThrow('--reason');
    expect(asked).toEqual([]);
  });
});
