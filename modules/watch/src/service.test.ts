/** The service over SQL and snapshot files: raised once, with its fact, over restarts, dismissals and failing storage. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding, Flow, Observed } from '@cityward/contracts';
import { HOUR_MS, millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createWatch, type Watch, type WatchNeeds } from './index.ts';

const START = 1_790_000_000_000 - (1_790_000_000_000 % (24 * HOUR_MS));
const cameras = ['cam-0001', 'cam-0002', 'cam-0003'];
const kindOf: WatchNeeds['kindOf'] = (node) =>
  cameras.includes(node) ? { kind: 'camera C220', class: 'camera', name: `Camera ${node}`, ward: null } : null;

let next = 1;
const seen = (body: Observed['body'], rest: Partial<Observed> = {}): Observed => ({
  reporter: 'switch-0001',
  gateway: 'mqtt',
  received: body.at,
  authenticated: true,
  replay: false,
  simulated: true,
  position: next++,
  body,
  ...rest,
});
const flow = (src: string, dst: string, at: number, rest: Partial<Flow> = {}): Flow => ({
  kind: 'flow',
  at,
  src,
  dst,
  dst_port: 443,
  protocol: 'tcp',
  outcome: 'answered',
  bytes_out: 1_000,
  bytes_in: 500,
  ...rest,
});
const past = (days: number): Observed[] =>
  Array.from({ length: days * 24 }, (_, hour) =>
    cameras.map((camera) =>
      seen(flow(camera, 'ip:10.0.0.5', START - (days * 24 - hour) * HOUR_MS), { gateway: 'history', position: -1 }),
    ),
  ).flat();

let sql: TestSql;
let folder: string;
let watch: Watch;
let told: [Finding, string][];
let now = START;
const open = async (): Promise<Watch> => {
  const made = createWatch({ sql, folder, clock: () => millis(now), log: silentLog, kindOf });
  made.onFinding((finding, change) => told.push([finding, change]));
  await made.start();
  return made;
};
interface Facts {
  'platform.outbox': { type: string; subject: string };
}
const facts = async (type: string): Promise<number> =>
  (await sql.for<Facts>().selectFrom('platform.outbox').select('subject').where('type', '=', type).execute()).length;

beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(() => sql.stop());
beforeEach(async () => {
  next = 1;
  now = START;
  told = [];
  folder = mkdtempSync(join(tmpdir(), 'cityward-watch-'));
  watch = await open();
  watch.learn(past(3));
  await watch.save();
});
afterEach(async () => {
  await watch.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});

const strange = (rest: Partial<Flow> = {}) => flow('cam-0001', 'ip:203.0.113.9', START + 1_000, rest);

describe('findings', () => {
  it('are saved once with one fact, told after that, and grow', async () => {
    await watch.observe([seen(strange()), seen(strange({ at: START + 2_000 }))]);
    await watch.save();
    const [finding] = await watch.listOpen();
    expect(finding).toMatchObject({ device: 'cam-0001', detector: 'new-peer', severity: 'alarm', port: 443, count: 2 });
    expect(finding).toMatchObject({ peers: ['ip:203.0.113.9'], simulated: true, replay: false, authenticated: true });
    expect(await facts('finding.raised')).toBe(1);
    expect(told.map(([of, change]) => [of.id, change])).toEqual([[finding!.id, 'raised']]);
    await watch.observe([seen(strange({ at: START + 3_000 }))]);
    await watch.save();
    expect((await watch.get(finding!.id))!.count).toBe(3);
    expect(told.at(-1)![1]).toBe('grown');
    expect(watch.stateOf('cam-0001')).toMatchObject({ state: 'unusual', finding: finding!.id });
    expect(watch.stateOf('cam-0002')).toMatchObject({ state: 'usual' });
  });
});
