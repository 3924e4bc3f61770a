/** The live store: what each event changes, what it makes old. */
import { describe, expect, test } from 'vitest';
import { api, type LiveEvent } from '@cityward/contracts';
import { INITIAL, reduce, staleAfter, type LiveState } from './store.ts';

const heard = (state: LiveState, event: LiveEvent, now = 1_000): LiveState =>
  reduce(state, { do: 'heard', event, now });
const situation = (id: string, change: 'opened' | 'grown' = 'opened'): LiveEvent => ({
  kind: 'situation',
  at: 5,
  id,
  title: `title of ${id}`,
  change,
});

describe('the connection', () => {
  test('opens, is lost, stays lost while trying again, and is open once something is heard', () => {
    const open = reduce(INITIAL, { do: 'opened', now: 10 });
    expect(open).toMatchObject({ connection: 'open', heardAt: 10 });
    const lost = reduce(open, { do: 'lost' });
    expect(lost).toMatchObject({ connection: 'lost', heardAt: 10 });
    expect(reduce(lost, { do: 'connecting' })).toBe(lost);
    expect(reduce(lost, { do: 'lost' })).toBe(lost);
    expect(heard(lost, { kind: 'hello', at: 1, city: 'Port Merrow' }, 20)).toMatchObject({
      connection: 'open',
      heardAt: 20,
      city: 'Port Merrow',
    });
  });
});

describe('what is told', () => {
  test('counts and evidence replace what was there', () => {
    const state = heard(INITIAL, { kind: 'counts', at: 1, states: { suspect: 2 }, observationsPerSecond: 7 });
    expect(state).toMatchObject({ states: { suspect: 2 }, observationsPerSecond: 7 });
    expect(heard(state, { kind: 'evidence', at: 9, size: 12, root: 'r' }).evidence).toEqual({
      size: 12,
      root: 'r',
      at: 9,
    });
  });
  test('a change says how far it is, each its own', () => {
    const told = (id: string, done: number): LiveEvent => ({
      kind: 'change',
      at: 3,
      id,
      state: 'running',
      done,
      failed: 1,
      of: 9,
    });
    const state = heard(heard(heard(INITIAL, told('chg-1', 2)), told('chg-2', 5)), told('chg-1', 3));
    expect(state.progress).toMatchObject({ 'chg-1': { done: 3, failed: 1, of: 9 }, 'chg-2': { done: 5 } });
  });
  test('news are newest first, one for each situation, at most twenty', () => {
    let state = INITIAL;
    for (let i = 0; i < 25; i++) state = heard(state, situation(`sit-${i}`));
    expect(state.news).toHaveLength(20);
    state = heard(state, situation('sit-20', 'grown'));
    expect(state.news).toHaveLength(20);
    expect(state.news[0]).toMatchObject({ id: 'sit-20', change: 'grown' });
    expect(state.news.filter((one) => one.id === 'sit-20')).toHaveLength(1);
  });
});

describe('what becomes old', () => {
  const EVENTS: readonly LiveEvent[] = [
    { kind: 'devices', at: 1, changes: [] },
    { kind: 'counts', at: 1, states: {}, observationsPerSecond: 0 },
    situation('sit-1'),
    { kind: 'incident', at: 1, id: 'inc-1', change: 'noted' },
    { kind: 'containment', at: 1, id: 'con-1', incident: 'inc-1', change: 'confirmed' },
    { kind: 'evidence', at: 1, size: 1, root: '' },
    { kind: 'job', at: 1, id: 'job-1', state: 'done' },
    { kind: 'import', at: 1, id: 'imp-1', change: 'committed' },
    { kind: 'change', at: 1, id: 'chg-1', state: 'running', done: 1, failed: 0, of: 2 },
    { kind: 'access', at: 1, id: 'acc-1', person: 'per-1', state: 'running' },
    { kind: 'ended', at: 1, why: 'idle', access: null },
  ];
  test('after a gap everything is', () => {
    expect(staleAfter({ kind: 'hello', at: 1, city: 'x' })).toBeNull();
  });
  test.each(EVENTS)('$kind names only endpoints that exist and read', (event) => {
    for (const name of staleAfter(event)!) {
      const endpoint = api[name as keyof typeof api];
      expect(endpoint, name).toBeDefined();
      expect(endpoint.method, name).toBe('GET');
    }
  });
  test('a situation that grew makes its incident old too, one that was opened does not', () => {
    const incident = ['listIncidents', 'getIncident', 'traceIncident', 'affectedBy'];
    expect(staleAfter(situation('sit-1', 'grown'))).toEqual(expect.arrayContaining(incident));
    for (const name of incident) expect(staleAfter(situation('sit-1'))).not.toContain(name);
  });
  test('counts come every second and ask nothing again', () => {
    expect(staleAfter(EVENTS[1]!)).toEqual([]);
  });
});
