import { describe, expect, it } from 'vitest';
import { EXPORTS_SHOWN_MAX, type Destruction, type Export, type Glass } from '@cityward/contracts';
import type { Hold, RightRequest, WaitingRecord } from '@cityward/contracts';
import { DAY_MS } from '../../ui/format.ts';
import { countDue, daysUntil, dueOf, isCut } from './due.ts';

const NOW = Date.UTC(2027, 2, 10, 9);
const ME = 'per-me';
const request = (id: string, due: number, by = 'per-a') => ({ id, due, at: NOW - DAY_MS, by, subject: 'per-a' });
const glass = (id: string, flags: string[] = []) => ({ id, at: NOW - 1, by: 'per-doc', subject: 'per-a', flags });
const hold = (change: object) => ({
  ...{ id: 'hld-1', subject: 'per-a', state: 'asked', asked: { at: NOW, by: 'per-b' }, liftAsked: null },
  ...change,
});
const due = (answers: object) => dueOf(answers as Parameters<typeof dueOf>[0], { me: ME, now: NOW });
const ids = (answers: object) => due(answers).map(({ id }) => id);

describe('what is due', () => {
  it('has the late first, then the flagged, then what has a day, then what waits longest', () => {
    const requests = [request('soon', NOW + DAY_MS), request('late', NOW - 1), request('later', NOW + 9 * DAY_MS)];
    const glasses = [glass('glass'), glass('flagged', ['guarded'])];
    const destructions = [{ id: 'old', subject: 'per-a', state: 'to-certify', at: NOW - 9 * DAY_MS, by: 'per-b' }];
    expect(ids({ requests, glasses, destructions })).toEqual(['late', 'flagged', 'soon', 'later', 'old', 'glass']);
  });

  it('gives a hold three days until it lapses, and shows none that is simply in force', () => {
    expect(due({ holds: [hold({}) as unknown as Hold] })).toMatchObject([{ kind: 'hold', by: NOW + 3 * DAY_MS }]);
    expect(due({ holds: [hold({ state: 'set' })] })).toEqual([]);
    const lift = hold({ state: 'lift-asked', liftAsked: { at: NOW, by: ME } });
    expect(due({ holds: [lift] })).toMatchObject([{ kind: 'lift', by: null, isOwn: true }]);
  });

  it('gives an opening of sealed records three days, to whom neither asked nor is to look', () => {
    const opening = { id: 'uns', subject: 'per-a', state: 'asked', asked: { at: NOW, by: 'per-b' }, reader: 'per-c' };
    const task = { kind: 'unsealing', tab: 'unsealings', by: NOW + 3 * DAY_MS };
    expect(due({ unsealings: [opening] })).toMatchObject([{ ...task, isOwn: false }]);
    for (const part of [{ reader: ME }, { asked: { at: NOW, by: ME } }])
      expect(due({ unsealings: [{ ...opening, ...part }] })).toMatchObject([{ ...task, isOwn: true }]);
    expect(due({ unsealings: [{ ...opening, state: 'open' }] })).toEqual([]);
  });

  it('knows where an answer may not have all', () => {
    const whole = Array.from({ length: EXPORTS_SHOWN_MAX - 1 }, () => ({}) as Export);
    expect(isCut({ exports: whole })).toBe(false);
    expect(isCut({ exports: [...whole, {} as Export] })).toBe(true);
  });

  it('says what somebody else has to do', () => {
    const requests = [request('of-mine', NOW + DAY_MS, ME)] as RightRequest[];
    const glasses = [{ ...glass('own'), by: ME }] as unknown as Glass[];
    const asked = { at: NOW, by: ME };
    const exports = [{ id: 'exp', draft: { category: 'c' }, state: 'asked', asked }] as unknown as Export[];
    const destructions = [{ id: 'd', subject: 's', state: 'to-certify', at: NOW, by: ME }] as Destruction[];
    expect(due({ requests, glasses, exports, destructions }).every(({ isOwn }) => isOwn)).toBe(true);
    expect(due({ requests: [request('r', NOW)] }).some(({ isOwn }) => isOwn)).toBe(false);
  });

  it('asks after each recipient that gave no receipt, the silent before what has a day', () => {
    const ask = { recipient: 'harbour-clinic', at: NOW - DAY_MS, answerBy: NOW + 9 * DAY_MS };
    const recipients = (['deleted', 'kept', 'asked', 'reminded', 'silent'] as const).map((state) => ({
      ...{ ...ask, state, id: state },
    }));
    const all = ids({ recipients, requests: [request('soon', NOW + DAY_MS)] });
    expect(all).toEqual(['silent', 'soon', 'asked', 'reminded']);
  });

  it('leaves out what is over, and what only waits for its day', () => {
    const exports = [{ id: 'exp', draft: { category: 'c' }, state: 'released', asked: { at: NOW, by: 'x' } }];
    const destructions = [{ id: 'd', subject: 's', state: 'certified', at: NOW, by: 'x' }];
    const record = { record: 'rec-1', subject: 'per-a', since: NOW, next: NOW + DAY_MS };
    const records = [{ ...record, state: 'sealed' }] as WaitingRecord[];
    expect(due({ exports, destructions, records })).toEqual([]);
    expect(due({ records: [{ ...record, state: 'due' }] })).toMatchObject([{ kind: 'record', tab: 'copies' }]);
  });
});

it('counts whole days: none are left on the last, and one is gone the day after', () => {
  expect([NOW + 2 * DAY_MS, NOW + 5, NOW - 5].map((by) => daysUntil(by, NOW))).toEqual([2, 0, -1]);
  const all = due({
    requests: [request('a', NOW - 1), request('b', NOW + 7 * DAY_MS), request('c', NOW + 8 * DAY_MS)],
  });
  expect(countDue(all, NOW)).toEqual({ late: 1, week: 1 });
});
