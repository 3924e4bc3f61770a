/** How a device's trust reads at a terminal. */
import { expect, it } from 'vitest';
import type { Trust } from '@cityward/contracts';
import { trustLines } from './city.ts';

const part = { source: 'watch', since: 1, expires: 2 } as const;
const trust: Trust = {
  kind: 'device',
  id: 'cam-0001',
  level: 'low',
  value: 35,
  since: 1,
  reason: 'something unusual was seen',
  components: [
    { kind: 'behaviour', state: 'known', value: 35, reason: 'something unusual was seen', ...part },
    {
      kind: 'advisories',
      state: 'unknown',
      value: null,
      reason: 'no advisories yet',
      source: null,
      since: null,
      expires: null,
    },
  ],
};

it('says the level with its reason, and every part, an unknown one as unknown', () => {
  expect(trustLines(trust)).toEqual([
    'Trust: low: something unusual was seen',
    '  behaviour     35  something unusual was seen',
    '  advisories     ?  no advisories yet',
  ]);
  expect(trustLines({ ...trust, level: 'unknown' })[0]).toBe('Trust: not known');
});
