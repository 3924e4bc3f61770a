/** The trace finds who began, whatever the names and times, and says when it cannot. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, seeded } from '@cityward/kernel';
import type { Flow } from '@cityward/contracts';
import { backwardClosure, searchBackward } from './backward.ts';
import { createContactLog, type ContactLog } from './contact-log.ts';
import { contactCost, traceSources } from './trace.ts';

const START = 1_800_000_000_000;
const flow = (at: number, [src, dst]: readonly [string, string], port = 80): Flow => ({
  kind: 'flow',
  at,
  src,
  dst,
  dst_port: port,
  protocol: 'tcp',
  outcome: 'answered',
  bytes_out: 100,
  bytes_in: 100,
});

/** A city of cameras that speak to a recorder every minute, all day; then an outbreak along a random tree. */
function outbreak(seed: number): { log: ContactLog; alerts: { node: string; at: number }[]; zero: string } {
  const random = seeded(seed);
  const log = createContactLog();
  const cameras = Array.from({ length: 60 }, (_, i) => `cam-${1000 + i}`);
  for (const camera of cameras) log.learn(flow(START - 2 * DAY_MS, [camera, 'recorder-1'], 554));
  const infected = [random.pick(cameras)];
  let at = START + 5 * MINUTE_MS;
  const events = [flow(at, ['ip:198.51.100.7', infected[0]!], 23)];
  const alerts: { node: string; at: number }[] = [];
  while (infected.length < 12) {
    const next = random.pick(cameras.filter((camera) => !infected.includes(camera)));
    at += random.int(90_000);
    events.push(flow(at, [random.pick(infected), next], 23));
    infected.push(next);
  }
  for (const camera of infected) {
    const beacon = at + random.int(120_000);
    events.push(flow(beacon, [camera, 'ip:203.0.113.66'], 6667));
    if (random.next() < 0.7) alerts.push({ node: camera, at: beacon });
  }
  for (let minute = 0; minute < 20; minute++) {
    for (const camera of cameras) events.push(flow(START + minute * MINUTE_MS, [camera, 'recorder-1'], 554));
  }
  for (const event of events.sort((a, b) => a.at - b.at)) log.add(event);
  return { log, alerts, zero: infected[0]! };
}

describe('trace', () => {
  it('ranks the first camera among the first three in nearly all outbreaks, and tells the outside entry', () => {
    let top1 = 0;
    let top3 = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { log, alerts, zero } = outbreak(seed);
      const { sources } = traceSources(log.view(), alerts);
      const place = sources.findIndex((source) => source.node === zero);
      if (place === 0) {
        top1++;
        expect(sources[0]!.entry).toMatchObject({ from: 'ip:198.51.100.7', to: zero });
      }
      if (place >= 0 && place < 3) top3++;
    }
    expect(top1).toBeGreaterThanOrEqual(30);
    expect(top3).toBeGreaterThanOrEqual(37);
  });

  it('never blames the recorder that everybody speaks to every day', () => {
    const { log, alerts } = outbreak(3);
    expect(
      traceSources(log.view(), alerts)
        .sources.slice(0, 5)
        .map((source) => source.node),
    ).not.toContain('recorder-1');
  });

  it('says that it cannot tell when nothing was recorded', () => {
    const result = traceSources(createContactLog().view(), [{ node: 'cam-1000', at: START }]);
    expect(result).toMatchObject({ determinable: false, sources: [] });
  });
});

describe('backward search', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'];
  const contacts = fc.array(
    fc.record({ at: fc.nat(50), src: fc.constantFrom(...nodes), dst: fc.constantFrom(...nodes) }),
    { maxLength: 40 },
  );

  it('reaches exactly the nodes from which a path forward in time leads to the alert', () => {
    fc.assert(
      fc.property(contacts, fc.constantFrom(...nodes), fc.nat(50), (list, target, at) => {
        const log = createContactLog();
        // One contact a millisecond, so that "before" has one meaning.
        const spaced = list.map((one, place) => ({ ...one, at: one.at * 100 + place })).sort((a, b) => a.at - b.at);
        for (const one of spaced) log.add(flow(START + one.at, [one.src, one.dst]));
        const view = log.view();
        const node = view.indexOf(target);
        if (node === undefined) return;
        const alert = { node, at: START + at * 100, since: 0 };
        const { cost } = searchBackward(view, alert, contactCost(view));
        const closure = backwardClosure(view, alert);
        const holders = new Map<string, number>(); // node -> 1 when it can still reach the target after the contact now looked at
        holders.set(target, 1);
        for (const one of spaced.filter((contact) => START + contact.at <= alert.at).reverse())
          if (holders.has(one.dst)) holders.set(one.src, 1);
        for (let index = 0; index < view.nodes; index++) {
          const reaches = holders.has(view.nodeOf(index));
          expect(closure[index] === 1).toBe(reaches);
          expect(cost[index]! < Infinity).toBe(reaches);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('contact log', () => {
  it('drops the oldest quarter when full and keeps time order whatever the order of arrival', () => {
    const log = createContactLog(100);
    const random = seeded('late');
    for (let i = 0; i < 250; i++) log.add(flow(START + i * 1_000 - random.int(30_000), ['a', `b${i}`]));
    const view = log.view();
    expect(view.length).toBeLessThanOrEqual(100);
    for (let i = 1; i < view.length; i++) expect(view.at[i]!).toBeGreaterThanOrEqual(view.at[i - 1]!);
    expect(view.at[0]!).toBeGreaterThan(START + 100_000);
  });

  it('knows a pair since history', () => {
    const log = createContactLog();
    log.learn(flow(START - HOUR_MS, ['a', 'b']));
    log.add(flow(START, ['a', 'b']));
    expect(log.view().pairFirstAt(0)).toBe(START - HOUR_MS);
  });
});
