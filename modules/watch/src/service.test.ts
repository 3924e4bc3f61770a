/** The service over SQL and snapshot files: raised once, with its fact, over restarts, dismissals and failing storage. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ANONYMOUS, type Finding } from '@cityward/contracts';
import { millis, OperationalFault, type Result } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createWatch, type Watch } from './index.ts';
import { CAMERAS, days, hours, kindOf, MONDAY, restartPositions, seen, talk, usualHour } from './test-kit.ts';

const at = MONDAY + hours(1);
const past = (dayCount: number) =>
  Array.from({ length: dayCount * 24 }, (_, hour) => usualHour(MONDAY - days(dayCount) + hours(hour))).flat();

let sql: TestSql;
let folder: string;
let watch: Watch;
let told: [id: string, change: string][];
let now = at;
const open = async (over: Sql = sql): Promise<Watch> => {
  const made = createWatch({ sql: over, folder, clock: () => millis(now), log: silentLog, kindOf });
  made.onFinding((finding, change) => told.push([finding.id, change]));
  await made.start();
  return made;
};
interface Outbox {
  'platform.outbox': { type: string; subject: string; personal: boolean };
}
const factsOf = (type: string) =>
  sql.for<Outbox>().selectFrom('platform.outbox').select(['subject', 'personal']).where('type', '=', type).execute();
const strange = (when = at, port = 443) => talk({ at: when, src: 'cam-0001', dst: 'ip:203.0.113.9', dst_port: port });

beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(() => sql.stop());
beforeEach(async () => {
  restartPositions();
  now = at;
  told = [];
  folder = mkdtempSync(join(tmpdir(), 'cityward-watch-'));
  watch = await open();
  expect(watch.hasLearned()).toBe(false);
  watch.learn(past(3).map((body) => seen(body, { gateway: 'history', position: -1 })));
  await watch.save();
  restartPositions();
});
afterEach(async () => {
  await watch.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});

describe('findings', () => {
  it('are saved once with one fact, told after that, and grow', async () => {
    await watch.observe([seen(strange()), seen(strange(at + 1_000))]);
    await watch.save();
    const [finding] = await watch.listOpen();
    expect(finding).toMatchObject({ device: 'cam-0001', detector: 'new-peer', severity: 'alarm', port: 443, count: 2 });
    expect(finding).toMatchObject({ peers: ['ip:203.0.113.9'], simulated: false, replay: false, authenticated: true });
    expect(await factsOf('finding.raised')).toEqual([{ subject: finding!.id, personal: false }]);
    expect(told).toEqual([[finding!.id, 'raised']]);
    await watch.observe([seen(strange(at + 3_000))]);
    await watch.save();
    expect((await watch.get(finding!.id))!.count).toBe(3);
    expect(told.at(-1)).toEqual([finding!.id, 'grown']);
    expect(await factsOf('finding.raised')).toHaveLength(1);
    expect(watch.stateOf('cam-0001')).toMatchObject({ state: 'unusual', finding: finding!.id, reason: finding!.title });
    expect(watch.stateOf('cam-0002')).toMatchObject({ state: 'usual', finding: null });
    expect(watch.stateOf('cam-9999')).toBeNull();
  });

  it('are the same after a kill, whether or not they had been saved, and never twice', async () => {
    const batch = [seen(strange()), seen(strange(at + 1, 80)), seen(strange(at + 2, 81))];
    await watch.observe(batch.slice(0, 2));
    await watch.save();
    await watch.observe(batch.slice(2));
    const before = (await watch.listOpen()).map((finding) => finding.id);
    // A kill: nothing more is saved. The next process folds again what lies after the snapshot.
    const again = await open();
    expect(again.position()).toBe(2);
    await again.observe(batch);
    await again.save();
    const after = await again.listOpen();
    expect(after.map((finding) => finding.id).sort()).toEqual(expect.arrayContaining(before));
    expect(after.map((finding) => finding.count)).toEqual([1, 1, 1]);
    expect(await factsOf('finding.raised')).toHaveLength(3);
    expect(again.stateOf('cam-0001')!.state).toBe('unusual');
    await again.stop();
  });

  it('wait while SQL takes nothing; nothing is lost, and no snapshot claims what SQL lacks', async () => {
    let broken = true;
    const failing: Sql = {
      ...sql,
      transact: (work) => (broken ? Promise.reject(new Error('disk full')) : sql.transact(work)),
    };
    const other = await open(failing);
    await other.observe([seen(strange())]);
    await expect(other.save()).rejects.toThrow(OperationalFault);
    expect(other.position()).toBe(0);
    expect(other.stats().waiting).toBe(1);
    broken = false;
    await other.save();
    expect(other.position()).toBe(1);
    expect(await factsOf('finding.raised')).toHaveLength(1);
    await other.stop();
  });
});

describe('a snapshot', () => {
  it('waits for findings that are on their way to SQL', async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const slow: typeof sql = { ...sql, transact: async (work) => (await held, sql.transact(work)) };
    const other = await open(slow);
    await other.observe([seen(strange())]);
    const saving = other.save();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(other.position()).toBe(0);
    letGo();
    await saving;
    expect(other.position()).toBe(1);
    expect(await other.listOpen()).toHaveLength(1);
    await other.stop();
  });
});

describe('a dismissal', () => {
  it('teaches, is a fact with its reason held back, and lasts over a kill', async () => {
    const saved: number[] = [];
    watch.onSaved((position) => saved.push(position));
    await watch.observe([seen(strange())]);
    await watch.save();
    expect(saved).toEqual([1]);
    const [finding] = await watch.listOpen();
    const done = await watch.dismiss(finding!.id, { by: 'per-1', reason: 'New cloud recorder, ordered' });
    expect(done).toMatchObject({ ok: true, value: { state: 'dismissed', dismissed: { by: 'per-1', at: now } } });
    expect(await factsOf('finding.dismissed')).toEqual([{ subject: finding!.id, personal: true }]);
    expect(told.at(-1)).toEqual([finding!.id, 'dismissed']);
    expect(watch.stateOf('cam-0001')!.state).toBe('usual');
    const again = await open();
    await again.observe([seen(strange(at + 5)), seen(strange(at + 6))]);
    await again.save();
    expect(await again.listOpen()).toEqual([]);
    expect((await again.get(finding!.id))!.count).toBe(1);
    await again.stop();
  });

  it('of what is not there, or was dismissed, is refused', async () => {
    const how = { by: 'per-1', reason: 'Known' };
    expect(await watch.dismiss('fnd-none', how)).toMatchObject({ ok: false, error: { code: 'FINDING_UNKNOWN' } });
    await watch.observe([seen(strange())]);
    await watch.save();
    const [{ id }] = (await watch.listOpen()) as [Finding];
    await watch.dismiss(id, how);
    expect(await watch.dismiss(id, how)).toMatchObject({
      ok: false,
      error: { kind: 'conflict', code: 'FINDING_DISMISSED' },
    });
  });
});

describe('snapshots', () => {
  it('that are damaged make room for the one before; foreign and half-written files are ignored', async () => {
    await watch.observe([seen(strange())]);
    await watch.save();
    await watch.observe([seen(strange(at + 1, 80))]);
    await watch.save();
    const names = readdirSync(folder).sort();
    expect(names).toEqual(['state-0000000000000001.snap', 'state-0000000000000002.snap']);
    const bytes = readFileSync(join(folder, names[1]!));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(folder, names[1]!), bytes);
    writeFileSync(join(folder, 'state-0000000000000003.snap'), 'CWWATCH\n');
    writeFileSync(join(folder, 'state-0000000000000004.snap.tmp'), 'half');
    const again = await open();
    expect(again.position()).toBe(1);
    expect(again.hasLearned()).toBe(true);
    await again.stop();
  });
});

describe('routes', () => {
  const caller = {
    principal: { ...ANONYMOUS, id: 'per-1' },
    id: 'req',
    sessionToken: null,
    setSession: () => undefined,
    origin: '',
  };
  const ask = async (name: string, input: object): Promise<Result<unknown, { code: string }>> => {
    const route = watch.routes.find((one) => one.endpoint.name === name)!;
    return route.handle({ params: undefined, query: undefined, body: undefined, ...input } as never, caller);
  };

  it('list by device and state with a total, show, dismiss, and draw behaviour', async () => {
    await watch.observe([1, 2, 3].map((port) => seen(strange(at + port, port))));
    await watch.save();
    const all = await ask('listFindings', { query: { limit: 2 } });
    expect(all).toMatchObject({ ok: true, value: { total: 3, findings: [{ port: 3 }, { port: 2 }] } });
    const [newest] = (all as { value: { findings: Finding[] } }).value.findings;
    const one = { params: { id: newest!.id } };
    expect(await ask('getFinding', one)).toEqual({ ok: true, value: newest });
    expect(await ask('dismissFinding', { ...one, body: { reason: 'Tested' } })).toMatchObject({ ok: true });
    expect(await ask('listFindings', { query: { state: 'open' } })).toMatchObject({ value: { total: 2 } });
    expect(await ask('listFindings', { query: { device: 'cam-0002' } })).toMatchObject({ value: { total: 0 } });
    expect(await ask('getFinding', { params: { id: 'fnd-0' } })).toMatchObject({ error: { code: 'FINDING_UNKNOWN' } });
    expect(await ask('behaviour', { params: { id: CAMERAS[0] } })).toMatchObject({ value: { learning: false } });
    expect(await ask('behaviour', { params: { id: 'cam-9999' } })).toMatchObject({
      error: { code: 'DEVICE_NOT_SEEN' },
    });
  });
});

describe('history', () => {
  const history = past(2).map((body) => seen(body, { gateway: 'history', position: -1 }));
  const fresh = async (): Promise<Watch> => {
    rmSync(folder, { recursive: true, force: true });
    return open();
  };

  it('comes before what was seen live while it was being learned', async () => {
    const young = await fresh();
    await young.observe([seen(usualHour(at)[0]!)]);
    young.learn(history.slice(0, 100));
    let passed = false;
    const observing = young.observe([seen(strange())]).then(() => (passed = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([passed, young.hasLearned()]).toEqual([false, false]);
    young.learn(history.slice(100));
    await young.save();
    await observing;
    expect(young.hasLearned()).toBe(true);
    await young.save();
    expect(await young.listOpen()).toMatchObject([{ severity: 'alarm', device: 'cam-0001' }]);
    await young.stop();
  });

  it('stopped half-way leaves nothing, and begun again is learned once', async () => {
    const young = await fresh();
    young.learn(history.slice(0, 400));
    await young.stop();
    const again = await open();
    expect([again.hasLearned(), again.stateOf('cam-0001')]).toEqual([false, null]);
    again.learn(history.slice(0, 400));
    again.learn(history);
    await again.save();
    const route = again.routes.find((one) => one.endpoint.name === 'behaviour')!;
    const answer = await route.handle({ params: { id: 'cam-0001' } } as never, {} as never);
    const learned = (answer as { value: { learnedHours: number } }).value.learnedHours;
    expect(learned).toBe(47);
    await again.stop();
  });
});

describe('learning', () => {
  it('is told when it begins and ends', async () => {
    const changes: string[] = [];
    watch.onLearning((some) => changes.push(...some.map((one) => `${one.device} ${one.learning}`)));
    for (let hour = 0; hour < 27; hour++) {
      now = at + hours(hour);
      await watch.observe(
        [...usualHour(now), strange(now)].map((body) =>
          seen('src' in body ? { ...body, src: body.src.replace('cam-0001', 'cam-0009') } : body),
        ),
      );
    }
    expect(changes).toEqual(['cam-0009 true', 'cam-0009 false']);
    await watch.save();
    const found = (await watch.listOpen()).filter((finding) => finding.device === 'cam-0009');
    expect(found).toMatchObject([{ detector: 'new-peer', severity: 'notice' }]);
    expect(watch.stateOf('cam-0009')!.state).toBe('usual');
  });
});
