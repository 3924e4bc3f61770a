/** What `baseline keys` asks of the city: page by page, no more than wanted, and said when there are more. */
import { describe, expect, it } from 'vitest';
import { api, ROTATION_PAGE_MAX, type Endpoint, type Rotation } from '@cityward/contracts';
import { baselineCommands } from './baseline.ts';
import { findCommand, readArguments } from './command.ts';

const CITY = 2_500;
const device = (at: number): Rotation['devices'][number] => ({
  device: `cam-${String(at).padStart(4, '0')}`,
  what: 'certificate',
  since: null,
  due: at,
  change: null,
});

/** A city with so many devices that pages as the real one does. */
async function keys(...flags: readonly string[]) {
  const args = ['baseline', 'keys', ...flags];
  const command = findCommand(baselineCommands(api), args)!;
  const limits: number[] = [];
  const client = {
    call: (_endpoint: Endpoint, { query }: { query: { after?: string; limit: number } }) => {
      const from = query.after === undefined ? 0 : Number(query.after.split('.')[0]) + 1;
      limits.push(query.limit);
      const to = Math.min(CITY, from + query.limit);
      const devices = Array.from({ length: to - from }, (_, n) => device(from + n));
      const next = to < CITY ? `${to - 1}.certificate.${devices.at(-1)!.device}` : null;
      return Promise.resolve({ rows: [], devices, next, changes: [] } as never);
    },
    bytes: () => Promise.reject(new Error('asked')),
    upload: () => Promise.reject(new Error('asked')),
  };
  const said = await command.run({ ...readArguments(command, args), client: client as never });
  return { limits, text: said.text, ...(said.data as Rotation) };
}
const names = (devices: Rotation['devices']): string[] => devices.map((one) => one.device);
const first = (count: number): string[] => Array.from({ length: count }, (_, at) => device(at).device);

describe('baseline keys', () => {
  it('names the devices that are due first, page by page, and says when there are more', async () => {
    const some = await keys('--devices', '--limit', '2100');
    expect(some.limits).toEqual([ROTATION_PAGE_MAX, ROTATION_PAGE_MAX, 100]);
    expect(names(some.devices)).toEqual(first(2_100));
    expect(some.text).toContain('cam-2099');
    expect(some.text).toContain('and more');
    const all = await keys('--devices', '--limit', '9000');
    expect([names(all.devices), all.next]).toEqual([first(CITY), null]);
    expect(all.text).not.toContain('and more');
  });
  it('names none unless it is asked to, and wants a number', async () => {
    const plain = await keys();
    expect([plain.limits, plain.text.includes('cam-')]).toEqual([[200], false]);
    for (const bad of ['0', 'x', '1.5']) await expect(keys('--limit', bad)).rejects.toThrow(`"${bad}"`);
  });
});
