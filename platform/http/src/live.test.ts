/** The live hub against clients that are slow, many, signed out or not allowed. */
import { describe, expect, it, vi } from 'vitest';
import { ANONYMOUS } from '@cityward/contracts';
import type { LiveEvent, Principal } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { ANN } from './fixture.ts';
import {
  createLiveHub,
  LIVE_CLIENTS_PER_PRINCIPAL_MAX,
  LIVE_FLUSH_MS,
  LIVE_HEARTBEAT_MS,
  LIVE_STALLED_MS,
  LIVE_WAITING_MAX,
} from './live.ts';
import type { LiveConnection, LiveHub } from './live.ts';
import { createLiveMerge, DEVICES_PER_EVENT_MAX } from './live-merge.ts';
import type { Caller } from './types.ts';

const caller = (token: string, principal: Principal = ANN): Caller => ({
  principal,
  id: 'req-1',
  sessionToken: token,
  origin: 'http://localhost:8080',
  setSession: () => {},
});

interface Bench {
  readonly hub: LiveHub;
  readonly texts: string[];
  readonly state: { room: boolean; ended: boolean; principal: Principal | null };
  readonly join: (token?: string) => LiveConnection | null;
  readonly publish: (id: number) => void;
}

function bench(shown: (event: LiveEvent, principal: Principal) => LiveEvent | null = (event) => event): Bench {
  vi.useFakeTimers();
  const texts: string[] = [];
  const state: Bench['state'] = { room: true, ended: false, principal: ANN };
  const hub = createLiveHub({
    hello: () => ({ kind: 'hello', at: 1, city: 'Port Merrow' }),
    principalNow: () => state.principal,
    shown,
    log: silentLog,
  });
  const sink = {
    write(text: string) {
      texts.push(text);
      return state.room;
    },
    end: () => void (state.ended = true),
  };
  return {
    hub,
    texts,
    state,
    join(token = 'one') {
      const joined = hub.connect(caller(token), sink);
      return joined.ok ? joined.value : null;
    },
    publish(id) {
      hub.publish({ kind: 'job', at: id, id: `job-${id}`, state: 'done' });
      vi.advanceTimersByTime(LIVE_FLUSH_MS);
    },
  };
}

const ENDED: LiveEvent = { kind: 'ended', at: 1, why: 'signed-out', access: null };

describe('live', () => {
  it('tells each reader only the part that they may hear, and nothing where there is none', () => {
    const { texts, join, hub } = bench((event) =>
      event.kind === 'devices' ? { ...event, changes: event.changes.filter(([id]) => id === 'cam-1') } : null,
    );
    join();
    hub.publish({
      kind: 'devices',
      at: 1,
      changes: [
        ['cam-1', 'suspect'],
        ['cam-2', 'suspect'],
      ],
    });
    hub.publish({ kind: 'evidence', at: 1, size: 1, root: 'r' });
    vi.advanceTimersByTime(LIVE_FLUSH_MS);
    expect(texts.slice(1)).toEqual(['data: {"kind":"devices","at":1,"changes":[["cam-1","suspect"]]}\n\n']);
  });
  it('keeps a bounded number for a slow client, then tells it to reload', () => {
    const { texts, state, join, publish } = bench();
    const connection = join()!;
    state.room = false;
    publish(0);
    const written = texts.length;
    for (let i = 1; i <= LIVE_WAITING_MAX * 3; i++) publish(i);
    expect(texts.length).toBe(written);
    state.room = true;
    connection.drained();
    expect(texts.slice(written).join('')).toContain('"kind":"hello"');
    expect(texts.length).toBe(written + 1);
    publish(1_000);
    expect(texts.at(-1)).toContain('job-1000');
  });
  it('sends all that waited when none was dropped, in order', () => {
    const { texts, state, join, publish } = bench();
    const connection = join()!;
    state.room = false;
    publish(0);
    publish(1);
    publish(2);
    state.room = true;
    connection.drained();
    expect(texts.slice(-2).map((text) => /job-\d/.exec(text)?.[0])).toEqual(['job-1', 'job-2']);
  });
  it('asks again about what waited: rights lost meanwhile count', () => {
    let allowed = true;
    const { texts, state, join, publish } = bench((event) => (allowed ? event : null));
    const connection = join()!;
    state.room = false;
    publish(0);
    publish(1);
    const written = texts.length;
    [state.room, allowed] = [true, false];
    connection.drained();
    expect(texts.length).toBe(written);
  });
  it('ends with its session, at the next event or beat, and when nothing is read for long', () => {
    const signedOut = bench();
    signedOut.join('one');
    signedOut.hub.endSession('other', ENDED);
    expect(signedOut.hub.count()).toBe(1);
    signedOut.hub.endSession('one', ENDED);
    expect([signedOut.state.ended, signedOut.hub.count()]).toEqual([true, 0]);
    expect(signedOut.texts.at(-1)).toBe(`data: ${JSON.stringify(ENDED)}\n\n`);

    const expired = bench();
    expired.join();
    expired.state.principal = null;
    vi.advanceTimersByTime(LIVE_HEARTBEAT_MS);
    expect(expired.state.ended).toBe(true);

    const stalled = bench();
    stalled.join();
    stalled.state.room = false;
    stalled.publish(0);
    vi.advanceTimersByTime(LIVE_STALLED_MS + LIVE_HEARTBEAT_MS);
    expect(stalled.state.ended).toBe(true);
  });
  it('takes a bounded number of streams for one principal', () => {
    const { hub, join } = bench();
    for (let i = 0; i < LIVE_CLIENTS_PER_PRINCIPAL_MAX; i++) expect(join()).not.toBeNull();
    expect(join()).toBeNull();
    expect(hub.connect(caller('x', ANONYMOUS), { write: () => true, end: () => {} }).ok).toBe(true);
  });
});

describe('folding', () => {
  it('keeps the newest state of a device and the newest counts, and each thing said once', () => {
    const merge = createLiveMerge();
    merge.add({
      kind: 'devices',
      at: 1,
      changes: [
        ['a', 'trusted'],
        ['b', 'trusted'],
      ],
    });
    merge.add({ kind: 'devices', at: 2, changes: [['a', 'suspect']] });
    for (const size of [1, 2, 3]) merge.add({ kind: 'evidence', at: size, size, root: 'r' });
    merge.add({ kind: 'incident', at: 1, id: 'inc-1', change: 'opened' });
    merge.add({ kind: 'incident', at: 2, id: 'inc-1', change: 'noted' });
    merge.add({ kind: 'incident', at: 3, id: 'inc-1', change: 'noted' });
    expect(merge.take()).toEqual([
      {
        kind: 'devices',
        at: 2,
        changes: [
          ['a', 'suspect'],
          ['b', 'trusted'],
        ],
      },
      { kind: 'evidence', at: 3, size: 3, root: 'r' },
      { kind: 'incident', at: 1, id: 'inc-1', change: 'opened' },
      { kind: 'incident', at: 3, id: 'inc-1', change: 'noted' },
    ]);
    expect(merge.empty).toBe(true);
  });
  it('splits very many changes', () => {
    const merge = createLiveMerge();
    const changes = Array.from({ length: DEVICES_PER_EVENT_MAX + 1 }, (_, i) => [`d-${i}`, 'trusted'] as const);
    merge.add({ kind: 'devices', at: 1, changes });
    expect(merge.take().map((event) => event.kind === 'devices' && event.changes.length)).toEqual([
      DEVICES_PER_EVENT_MAX,
      1,
    ]);
  });
});
