/** A real agent over real TLS, and a city whose every server key is in the attacker's hands: what officers did not sign does nothing. */
import { createServer, type Server } from 'node:https';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobAction, JobOrder, JobReport, LogLine, Status } from '@cityward/contracts';
import { checkWiped } from '@cityward/fleet/verify';
import { CONTENT_PATH } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgent, type Agent } from './agent.ts';
import { brokerDouble, estDouble, testAuthority, until, type BrokerDouble, type EstDouble } from './testing.ts';
import { firmware, hashOf, newSigner, officersOf, orderOf, signOfficers } from './update/testing.ts';

const DEVICE = 'cam-9002';
const JOBS = `cw/v1/${DEVICE}/jobs`;
const signers = [newSigner('per-ada'), newSigner('per-bo'), newSigner('per-cy')];
const two = signers.slice(0, 2);
const next = firmware('1.1.0');
const third = firmware('1.2.0');
const folder = mkdtempSync(join(tmpdir(), 'cityward-changes-'));

const moved: string[] = [];
let ca = '';
let est: EstDouble;
let broker: BrokerDouble;
let content: Server;
let agent: Agent;
let newAgent: () => Agent;
const served = new Map([next, third].map(({ bytes }) => [hashOf(bytes), bytes]));
const asked: string[] = [];

beforeAll(async () => {
  const authority = await testAuthority();
  ca = authority.ca;
  est = await estDouble(authority);
  broker = await brokerDouble(authority);
  const tls = { ...authority.server, ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  content = createServer(tls, (request, response) => {
    asked.push(request.url ?? '');
    const bytes = served.get((request.url ?? '').slice(CONTENT_PATH.length));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => content.listen(0, '127.0.0.1', resolve));
  const officersFile = join(folder, 'handed-over.json');
  writeFileSync(officersFile, JSON.stringify(signOfficers(officersOf(signers), two)));
  const { port } = content.address() as AddressInfo;
  newAgent = () =>
    createAgent({
      device: DEVICE,
      code: 'code',
      est: { url: est.url, ca: authority.ca },
      broker: { host: 'localhost', port: broker.port, ca: authority.ca },
      content: { url: `https://localhost:${port}`, ca: authority.ca },
      officersFile,
      firmware: '1.0.0',
      hardware: 'rev-b',
      settings: { brightness: { min: 0, max: 100 } },
      move: (name, to) => Promise.resolve(void moved.push(`${name} ${to}`)),
      card: join(folder, 'card'),
      dataFolder: join(folder, 'data'),
      log: silentLog,
    });
  agent = newAgent();
  await agent.start();
});
afterAll(async () => {
  await agent.stop();
  await est.close();
  await broker.close();
  content.close();
  rmSync(folder, { recursive: true, force: true });
});

const from = <T>(leaf: string): T[] =>
  broker.published.filter((one) => one.topic === `cw/v1/${DEVICE}/${leaf}`).map((one) => one.body as T);
const reports = (): JobReport[] => from<JobReport>('report');
const alarms = (): LogLine[] => from<LogLine>('obs').filter(({ kind }) => kind === 'log');
const send = (order: unknown): Promise<void> => until('the agent hears its orders', () => broker.send(JOBS, order));
const order = (counter: number, action: JobAction = next.action, by = two): JobOrder =>
  orderOf({ device: DEVICE, counter, action, id: `job-${counter}000` }, by);

describe('a stolen server', () => {
  const attacks: readonly (readonly [string, () => unknown])[] = [
    ['without signatures', () => ({ ...order(9), signatures: [] })],
    ['with one signature of two', () => order(9, next.action, two.slice(0, 1))],
    ['with two invented officers', () => order(9, next.action, [newSigner('per-eve'), newSigner('per-mallory')])],
    [
      'with a job of another device',
      () => ({
        ...orderOf({ device: 'cam-0001', counter: 9, action: next.action }, two),
        leaf: { device: DEVICE, counter: 9 },
      }),
    ],
    [
      'with another artifact under the signatures',
      () => ({ ...order(9), job: { ...order(9).job, action: third.action } }),
    ],
    ['with older firmware', () => order(9, firmware('0.9.0').action)],
    [
      'with officers of its own',
      () => signOfficers(officersOf([newSigner('per-eve'), newSigner('per-mallory')], 2), two.slice(0, 1)),
    ],
  ];
  it.each(attacks)('%s makes no device act, and is told of', async (_name, attack) => {
    const before = alarms().length;
    const done = asked.length;
    await send(attack());
    await until('it raised an alarm', () => alarms().length > before);
    expect(alarms().at(-1)).toMatchObject({ subject: DEVICE, app: 'cityward-agent' });
    expect(agent.runs).toEqual({ firmware: '1.0.0', document: null });
    expect(asked.length).toBe(done);
    expect(reports().every(({ state }) => state === 'refused')).toBe(true);
  });
  it('that serves other bytes than were signed installs nothing', async () => {
    served.set(hashOf(next.bytes), Buffer.from('evil'.padEnd(next.bytes.length)));
    await send(order(10));
    await until('it failed', () => reports().at(-1)?.state === 'failed');
    served.set(hashOf(next.bytes), next.bytes);
    expect(agent.runs?.firmware).toBe('1.0.0');
    expect(alarms().at(-1)!.message).toContain('BYTES_NOT_SIGNED');
  });
});

describe('an order of two officers', () => {
  it('is carried out once: downloaded with the own certificate, restarted, and done with the version said', async () => {
    const at = reports().length;
    await send(order(11));
    await until('it is done', () => reports().at(-1)?.state === 'done');
    expect(agent.runs?.firmware).toBe('1.1.0');
    const own = reports()
      .slice(at)
      .filter(({ job }) => job === 'job-11000');
    expect([...new Set(own.map(({ state }) => state))]).toEqual([
      'accepted',
      'downloading',
      'installing',
      'restarting',
      'done',
    ]);
    expect(own.at(-1)!.running).toBe('1.1.0');
    const online = from<Status>('obs').filter(({ kind }) => kind === 'status');
    expect(online.at(-1)!.running).toMatchObject({ firmware: '1.1.0', document: null, officers: 1, hardware: 'rev-b' });
    expect(statSync(join(folder, 'data', 'officers.json')).mode & 0o777).toBe(0o600);
  });
  it('is not done again when an old one is replayed, also after the agent was started anew', async () => {
    await agent.stop();
    await until('the broker saw it go', () => !broker.connected().includes(DEVICE));
    agent = newAgent();
    await agent.start();
    await until('it is back', () => agent.online);
    const [before, done] = [alarms().length, asked.length];
    await send(order(4, third.action));
    await until('it raised an alarm', () => alarms().length > before);
    expect(alarms().at(-1)!.message).toContain('REPLAYED');
    expect([agent.runs?.firmware, asked.length]).toEqual(['1.1.0', done]);
  });
});

const [dee, fay] = [newSigner('per-dee'), newSigner('per-fay')];

describe('newer officers', () => {
  const second = signOfficers(officersOf([...two, dee], 2), two);
  const thirdVersion = signOfficers(officersOf([two[0]!, dee, fay], 3), [two[0]!, dee]);
  const trusted = (): number | null | undefined =>
    from<Status>('obs')
      .filter(({ kind }) => kind === 'status')
      .at(-1)?.running?.officers;
  const attacks: readonly (readonly [string, () => unknown, string])[] = [
    ['that skip a version', () => thirdVersion, 'OFFICERS_VERSION'],
    [
      'that nobody of the present ones signed',
      () => signOfficers(officersOf([dee, fay], 2), [dee, fay]),
      'KEY_UNKNOWN',
    ],
    ['that one of two signed', () => signOfficers(officersOf([...two, dee], 2), [two[0]!]), 'OFFICERS_NOT_SIGNED'],
    [
      'that have expired',
      () => signOfficers({ ...officersOf([...two, dee], 2), expires: Date.now() - 1 }, two),
      'OFFICERS_EXPIRED',
    ],
    [
      'of another city',
      () => signOfficers({ ...officersOf([...two, dee], 2), city: 'Elsewhere' }, two),
      'OFFICERS_OTHER',
    ],
    ['under the present version', () => signOfficers(officersOf([...two, dee], 1), two), 'OFFICERS_VERSION'],
  ];
  it.each(attacks)('%s are not taken, and are told of', async (_name, attack, code) => {
    const before = alarms().length;
    await send(attack());
    await until('it raised an alarm', () => alarms().length > before);
    // What signed it may be known to be nobody before it is counted that too few did.
    expect(alarms().at(-1)!.message).toMatch(code === 'KEY_UNKNOWN' ? /KEY_UNKNOWN|OFFICERS_NOT_SIGNED/ : code);
    expect(trusted()).toBe(1);
  });
  it('are followed one version after the other by their signatures, and kept over a restart', async () => {
    await send(second);
    await until('it trusts the second', () => trusted() === 2);
    await send(thirdVersion);
    await until('it trusts the third', () => trusted() === 3);
    await agent.stop();
    await until('the broker saw it go', () => !broker.connected().includes(DEVICE));
    agent = newAgent();
    await agent.start();
    await until('it is back', () => agent.online && trusted() === 3);
    const before = alarms().length;
    await send(second);
    await until('it raised an alarm', () => alarms().length > before);
    expect(alarms().at(-1)!.message).toContain('OFFICERS_VERSION');
  });
  it('sign what those before can sign no more', async () => {
    const before = alarms().length;
    await send(order(12, third.action, two));
    await until('it raised an alarm', () => alarms().length > before);
    expect(agent.runs?.firmware).toBe('1.1.0');
    await send(order(13, third.action, [dee, fay]));
    await until('it is done', () => agent.runs?.firmware === '1.2.0' && reports().at(-1)?.state === 'done');
  });
});

describe('an order of two officers to the device itself', () => {
  it('moves a setting', async () => {
    await send(order(14, { do: 'set', name: 'brightness', to: 40 }, [dee, fay]));
    await until('it is done', () => reports().at(-1)?.job === 'job-14000' && reports().at(-1)?.state === 'done');
    expect(moved).toEqual(['brightness 40']);
  });
  it('renews its certificate, with a new key', async () => {
    const before = est.asked.length;
    await send(order(15, { do: 'rotate', what: 'certificate' }, [dee, fay]));
    await until('it is done', () => reports().at(-1)?.job === 'job-15000' && reports().at(-1)?.state === 'done');
    expect(est.asked.slice(before).map(({ path, client }) => [path.split('/').at(-1), client])).toEqual([
      ['simplereenroll', DEVICE],
    ]);
  });
  it('wipes it: slots, card, officers, and at last its key, under a report that it signed', async () => {
    mkdirSync(join(folder, 'card'));
    writeFileSync(join(folder, 'card', 'street.mkv'), 'people on a street');
    await until('it is back', () => agent.online);
    await send(order(16, { do: 'wipe' }, [dee, fay]));
    await agent.wiped;
    const last = reports().at(-1)!;
    expect(last).toMatchObject({ job: 'job-16000', state: 'done', running: null });
    expect(last.reason).toContain('1 of its memory card');
    expect(checkWiped({ device: DEVICE, signer: DEVICE }, last, [ca])).toEqual({ ok: true, value: undefined });
    expect(checkWiped({ device: DEVICE, signer: DEVICE }, { ...last, reason: 'Erased nothing' }, [ca]).ok).toBe(false);
    expect(checkWiped({ device: 'cam-0001', signer: 'cam-0001' }, last, [ca]).ok).toBe(false);
    expect(readdirSync(join(folder, 'card'))).toEqual([]);
    expect(readdirSync(join(folder, 'data', 'update'))).toEqual([]);
    for (const file of ['credentials.ndjson', 'officers.json'])
      expect(existsSync(join(folder, 'data', file))).toBe(false);
  });
});
