/** Temporary access as pure decisions: how long, by whom, and what it is at each moment. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type Result } from '@cityward/kernel';
import {
  ACCESS_OPEN_PER_PERSON_MAX,
  decideAsk,
  decideEnd,
  decideJudge,
  nextTurn,
  rightsOf,
  stateOf,
  type AccessDraft,
  type AccessRecord,
  type Asking,
} from './temporary-access.ts';

const NOW = 1_700_000_000_000;
const draft = (change: Partial<AccessDraft> = {}): AccessDraft => ({
  person: 'per-ven',
  role: 'vendor',
  sites: ['site-1'],
  devices: [],
  from: null,
  until: NOW + HOUR_MS,
  reason: 'mend the camera',
  ...change,
});
const asking = (change: Partial<Asking> = {}): Asking => ({
  now: NOW,
  roles: [],
  open: 0,
  knows: (_, id) => id !== 'site-none',
  ...change,
});
const record = (change: Partial<AccessRecord> = {}): AccessRecord => ({
  ...draft(),
  id: 'acc-1',
  asked: NOW,
  by: 'per-ven',
  judged: null,
  ended: null,
  ...change,
});
const approved = (change: Partial<AccessRecord> = {}): AccessRecord =>
  record({ judged: { at: NOW, by: 'per-ann', reason: 'yes', approved: true }, ...change });
const codeOf = (result: Result<unknown, { code: string }>): string => (result.ok ? 'ok' : result.error.code);

describe('asking', () => {
  it.each<[string, Partial<AccessDraft>, Partial<Asking>, string]>([
    ['a vendor for an hour', {}, {}, 'ok'],
    ['a vendor for a day', { until: NOW + 24 * HOUR_MS }, {}, 'ok'],
    ['a vendor for longer', { until: NOW + 24 * HOUR_MS + 1 }, {}, 'ACCESS_TIMES_NOT_VALID'],
    ['an installer for two weeks', { role: 'installer', until: NOW + 14 * DAY_MS }, {}, 'ok'],
    ['an installer for longer', { role: 'installer', until: NOW + 14 * DAY_MS + 1 }, {}, 'ACCESS_TIMES_NOT_VALID'],
    ['next week', { from: NOW + 7 * DAY_MS, until: NOW + 8 * DAY_MS }, {}, 'ok'],
    ['next year', { from: NOW + 300 * DAY_MS, until: NOW + 301 * DAY_MS }, {}, 'ACCESS_TIMES_NOT_VALID'],
    ['an end that is past', { until: NOW }, {}, 'ACCESS_TIMES_NOT_VALID'],
    ['an end before its beginning', { from: NOW + 2 * HOUR_MS }, {}, 'ACCESS_TIMES_NOT_VALID'],
    [
      'a beginning long past, to be longer',
      { from: NOW - DAY_MS, until: NOW + DAY_MS + 1 },
      {},
      'ACCESS_TIMES_NOT_VALID',
    ],
    ['nothing in particular', { sites: [] }, {}, 'ACCESS_SCOPE_EMPTY'],
    ['a site that is none', { sites: ['site-1', 'site-none'] }, {}, 'ACCESS_SCOPE_UNKNOWN'],
    ['somebody unknown', {}, { roles: null }, 'PERSON_UNKNOWN'],
    ['too much at once', {}, { open: ACCESS_OPEN_PER_PERSON_MAX }, 'ACCESS_TOO_MANY'],
  ])('%s', (...[, change, world, code]) => expect(codeOf(decideAsk(draft(change), asking(world)))).toBe(code));
});

describe('judging', () => {
  const judge = (access: AccessRecord, by: string, change: { approve?: boolean; busy?: boolean } = {}): string =>
    codeOf(decideJudge(access, { by, approve: true, busy: false, now: NOW, ...change }));
  it('is for somebody else than who asked and whom it is for', () => {
    expect(judge(record(), 'per-ann')).toBe('ok');
    expect(judge(record(), 'per-ven')).toBe('ACCESS_OWN');
    expect(judge(record({ by: 'per-ann' }), 'per-ann')).toBe('ACCESS_OWN');
    expect(judge(record({ by: 'per-ann' }), 'per-bob')).toBe('ok');
    expect(judge(record({ by: 'per-ann' }), 'per-ann', { approve: false })).toBe('ok'); // refusing lets nobody in
  });
  it('is done once, and not after its end', () => {
    expect(judge(approved(), 'per-bob')).toBe('ACCESS_NOT_ASKED');
    expect(judge(record(), 'per-bob', { busy: true })).toBe('ACCESS_NOT_ASKED');
    expect(judge(record({ until: NOW }), 'per-bob')).toBe('ACCESS_NOT_ASKED');
    const ended = { at: NOW, by: 'per-ven', why: 'given-back', reason: 'no need' } as const;
    expect(judge(record({ ended }), 'per-bob')).toBe('ACCESS_NOT_ASKED');
  });
});

describe('what runs', () => {
  it('is by the clock: not before it begins, not from its end on', () => {
    const access = approved({ from: NOW + HOUR_MS, until: NOW + 2 * HOUR_MS });
    const at = [0, 1, 2].map((hours) => stateOf(access, NOW + hours * HOUR_MS));
    expect(at).toEqual(['approved', 'running', 'ended']);
    expect(stateOf(access, NOW + 2 * HOUR_MS - 1)).toBe('running');
    expect(rightsOf([access], NOW).roles).toEqual([]);
    expect(rightsOf([access], NOW + 2 * HOUR_MS).roles).toEqual([]);
    expect([nextTurn([access], NOW), nextTurn([access], NOW + HOUR_MS)]).toEqual([access.from, access.until]);
  });
  it('gives each role its own scope', () => {
    const vendor = approved({ devices: ['cam-0001'] });
    const installer = approved({ id: 'acc-2', role: 'installer', sites: ['site-2'] });
    expect(rightsOf([vendor, installer], NOW)).toEqual({
      roles: ['vendor', 'installer'],
      attributes: { vendorSites: ['site-1'], vendorDevices: ['cam-0001'], installerSites: ['site-2'] },
    });
  });
  it('is nothing that was not approved, was refused, or has ended', () => {
    const act = { at: NOW, by: 'per-ann', reason: 'no' };
    const not: AccessRecord[] = [
      record(),
      record({ judged: { ...act, approved: false } }),
      approved({ ended: { ...act, why: 'taken-back' } }),
    ];
    expect(rightsOf(not, NOW)).toEqual({ roles: [], attributes: {} });
    expect(not.map((access) => codeOf(decideEnd(access, NOW)))).toEqual(['ok', 'ACCESS_OVER', 'ACCESS_OVER']);
  });
  it('never gives a right outside its times, whatever they are', () => {
    const offset = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });
    fc.assert(
      fc.property(offset, fc.integer({ min: 1, max: DAY_MS }), offset, (from, length, now) => {
        const access = approved({ from: NOW + from, until: NOW + from + length });
        const runs = rightsOf([access], NOW + now).roles.length > 0;
        expect(runs).toBe(now >= from && now < from + length);
      }),
    );
  });
});
