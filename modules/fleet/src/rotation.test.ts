/** How old keys are, page by page; the changes that renew them; and what is remembered of those. */
import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { api } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import { TEST_NOW } from './testing.ts';
import { actions, codeOf, drafts, facts, must, open, world } from './testing-baseline.ts';

describe('rotation', () => {
  it('knows how old a certificate is and when it is due, and plans one change for those', async () => {
    const view = await world.baseline.rotations.view({});
    expect(view.rows.find((row) => row.class === 'street-light')).toMatchObject({
      what: 'certificate',
      devices: 2,
      unknown: 1,
      overdue: 1,
    });
    expect(view.rows.find((row) => row.class === 'camera' && row.what === 'credentials')).toMatchObject({
      devices: 3,
      unknown: 3,
    });
    const due = {
      what: 'certificate' as const,
      selection: { classes: ['street-light' as const], sites: [], devices: [] },
      dueOnly: true,
    };
    must(await world.baseline.rotations.plan(due, 'ann'));
    expect(drafts).toMatchObject([
      {
        action: { do: 'rotate', what: 'certificate' },
        revert: null,
        selection: { devices: ['lamp-0001', 'lamp-0002'] },
      },
    ]);
    expect(codeOf(await world.baseline.rotations.plan({ ...due, what: 'credentials' }, 'ann'))).toBe(
      'NOTHING_TO_ROTATE',
    );
  });
  it('is listed page by page, those that are due first, with nobody left out when one is renewed between two pages', async () => {
    const all = (await world.baseline.rotations.view({})).devices.map(({ what, device }) => `${what} ${device}`);
    expect(all.length).toBeGreaterThan(4);
    const walk = async (between: () => Promise<void>): Promise<string[]> => {
      const seen: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const asked = { limit: 2, ...(after === undefined ? {} : { after }) };
        const { devices, next } = await world.baseline.rotations.view(asked);
        expect(devices.length).toBeLessThanOrEqual(2);
        seen.push(...devices.map(({ what, device }) => `${what} ${device}`));
        if (next !== null) expect(Value.Check(api.getRotation.query, { after: next, limit: 2 })).toBe(true);
        if (after === undefined) await between();
        after = next;
      }
      return seen;
    };
    expect(await walk(() => Promise.resolve())).toEqual(all);
    const [first] = all.filter((one) => one.startsWith('credentials'));
    const device = first!.slice('credentials '.length);
    actions.set('chg-2', { do: 'rotate', what: 'credentials' });
    const report = { order: 'job', job: 'chg-2', part: 'forward', seq: 4, state: 'done', running: null } as const;
    const seen = await walk(() => world.baseline.changed(device, { ...report, at: world.now, reason: null }));
    expect([...new Set(seen)].sort()).toEqual([...all].sort());
    for (const bad of ['', 'x', '1.certificate', '1.keys.cam-0001', '1.certificate.cam-0001.2'])
      expect([bad, Value.Check(api.getRotation.query, { after: bad })]).toEqual([bad, false]);
  });
  it('remembers by which change a device has its credentials, once, and asks again in ninety days', async () => {
    actions.set('chg-1', { do: 'rotate', what: 'credentials' });
    const done = {
      order: 'job',
      job: 'chg-1',
      part: 'forward',
      seq: 3,
      at: world.now,
      state: 'done',
      running: null,
      reason: null,
    } as const;
    await world.baseline.changed('cam-0001', done);
    world.now += MINUTE_MS;
    await world.baseline.changed('cam-0001', { ...done, at: world.now });
    await open();
    const [row] = (await world.baseline.rotations.view({})).devices.filter(
      ({ device, what }) => device === 'cam-0001' && what === 'credentials',
    );
    expect(row).toMatchObject({ since: TEST_NOW, due: TEST_NOW + 90 * DAY_MS, change: 'chg-1' });
    expect(await facts('credentials.rotated')).toHaveLength(1);
  });
});
