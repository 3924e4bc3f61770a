/** A city of five devices and a gateway for tests of the baseline: who asks, who hears, and what would be planned is kept. */
import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { BaselineAsk, Change, ChangeDraft } from '@cityward/contracts';
import { DAY_MS, millis, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { shippedCatalogue } from './baseline-catalogue.ts';
import type { BaselineNeeds, BaselineSignal, KeptFirmware } from './baseline-needs.ts';
import { createBaseline, type Baseline } from './baseline.ts';
import { columnsBuilder } from './domain/rollout/columns.ts';
import { TEST_NOW } from './testing.ts';

const FOLDER = new URL('../migrations/', import.meta.url);
const DEVICES = ['cam-0001', 'cam-0002', 'cam-0003', 'lamp-0001', 'lamp-0002'];
export const GATEWAY = 'switch-0001';

let sql: TestSql;
/** What a test turns. */
export const world = {
  now: TEST_NOW,
  connected: true,
  artifacts: [] as KeptFirmware[],
  baseline: undefined as unknown as Baseline,
};
export const asks: { reader: string; ask: BaselineAsk }[] = [];
export const signals: { device: string; signal: BaselineSignal }[] = [];
export const drafts: ChangeDraft[] = [];
export const documents = new Map<string, string>();
export const running = new Map<string, string>();
export const actions = new Map<string, Change['action']>();

const columns = (() => {
  const builder = columnsBuilder(DEVICES.length + 1);
  for (const id of [...DEVICES, GATEWAY].sort())
    builder.add({
      id,
      class: id.startsWith('cam') ? 'camera' : id.startsWith('lamp') ? 'street-light' : 'site-switch',
      model: 'm1',
      hardware: null,
      site: id.endsWith('3') ? 'site-0002' : 'site-0001',
      ward: null,
      service: null,
      running: '1.0.0',
      flags: 0,
    });
  return builder.done();
})();

const needs = (): BaselineNeeds => ({
  sql,
  clock: () => millis(world.now),
  log: silentLog,
  catalogue: shippedCatalogue(),
  columns: () => columns,
  artifacts: () => world.artifacts,
  world: {
    readerOf: (device, reader) =>
      !world.connected ? null : reader === 'device' ? device : device === 'cam-0003' ? null : GATEWAY,
    ask: async (reader, ask) => void (await Promise.resolve(asks.push({ reader, ask }))),
    mayReport: (reporter, subject) =>
      reporter === subject || (reporter === GATEWAY && subject !== 'cam-0003')
        ? ok(undefined)
        : refuse('forbidden', 'NOT_OF_SITE', 'another site'),
    signal: (device, signal) => void signals.push({ device, signal }),
    certificateUntil: (device) => (device === 'lamp-0001' ? world.now + 10 * DAY_MS : null),
    said: { 'time-servers': ['ntp-a', 'ntp-b'] },
  },
  runningDocument: (device) => running.get(device) ?? null,
  document: (hash) => Promise.resolve(documents.get(hash) ?? null),
  keepDocument: (hash, text) => Promise.resolve(void documents.set(hash, text)),
  add: (draft) => {
    drafts.push(draft);
    return Promise.resolve(ok([{ id: `chg-${drafts.length}`, action: draft.action } as Change]));
  },
  changes: () => Promise.resolve([]),
  actionOf: (change) => actions.get(change) ?? null,
});

export async function open(): Promise<Baseline> {
  await world.baseline?.stop();
  world.baseline = createBaseline(needs(), { ticking: false });
  await world.baseline.start();
  return world.baseline;
}
beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(async () => {
  await world.baseline?.stop();
  await sql.stop();
});
beforeEach(async () => {
  await world.baseline?.stop();
  await sql.reset();
  await sql.migrate({ module: 'fleet', folder: FOLDER });
  world.now = TEST_NOW;
  world.connected = true;
  world.artifacts = [];
  for (const list of [asks, signals, drafts]) list.length = 0;
  for (const map of [documents, running, actions]) map.clear();
  await open();
});

export const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
export const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'taken' : result.error.code);
export const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const GOOD_LAMP = {
  settings: {
    'ntp.servers': ['ntp-a', 'ntp-b'],
    'ssh.enabled': false,
    'web.enabled': false,
    'discovery.enabled': false,
    'syslog.tls': true,
    'usb.enabled': false,
  },
  agent: {
    'officers.pinned': true,
    'certificate.daysLeft': 60,
    'key.private': true,
    'tls.version': 'TLSv1.3',
  },
};
export function report(subject: string, sources: Record<string, Record<string, unknown>>, more: object = {}): object {
  return {
    report: 'baseline',
    scan: null,
    subject,
    at: world.now,
    sources: Object.entries(sources).map(([source, values]) => ({ source, reading: { state: 'read', values } })),
    ...more,
  };
}
export const lamp = (changes: Record<string, unknown> = {}, id = 'lamp-0001'): Promise<Result<void, Refusal>> =>
  world.baseline.take(id, bytes(report(id, { ...GOOD_LAMP, settings: { ...GOOD_LAMP.settings, ...changes } })));
export const outcomeOf = async (device: string, control: string) =>
  must(await world.baseline.device(device)).controls.find((one) => one.control === control)!;
export const rows = async (text: string): Promise<readonly Record<string, unknown>[]> =>
  (await sql.for<unknown>().executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, []))).rows;
export const facts = (type: string): Promise<readonly Record<string, unknown>[]> =>
  rows(`select actor, subject, data from platform.outbox where type = '${type}' order by position`);
const ALL = { selection: { classes: [], sites: [], devices: [] }, controls: [], tiers: [] } as const;
export const order = (changes: object = {}) =>
  ({ ...structuredClone(ALL), ...changes }) as unknown as Parameters<Baseline['previewFix']>[0];
