/** The verbs about devices, services, networks, doors and RADIUS against the local socket of a real server: done, misunderstood, missing. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Discovery, NetworkIdentity, ServiceIdentity, VlanPlan, Waiting } from '@cityward/contracts';
import { call, certificatesIn, newRequest } from '@cityward/identity/testing';
import { runCommand, type Ran } from '../apps/cli/src/run.ts';
import { openTestServer, type TestServer } from '../apps/server/src/testing.ts';
import { certify } from '../modules/identity/src/testing-maker.ts';

const DONE = 0;
const REFUSED = 1;
const USAGE = 2;
const UNREACHABLE = 3;

let server: TestServer;
let party: string;
let devices: readonly string[];
const folder = mkdtempSync(join(tmpdir(), 'cityward-command-'));
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  server = await openTestServer();
  const { city } = server.modules;
  party = city.parties()[0]!.id;
  devices = city.deviceIds().filter((id) => city.record(id)?.class === 'camera');
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file('public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(file('rubbish.pem'), 'no key');
  mkdirSync(file('a-folder'));
}, 120_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<Ran> => runCommand([...args, '--data', server.config.dataFolder]);
/** The text for people, which must end well and print nothing on standard error. */
async function text(...args: string[]): Promise<string> {
  const ran = await run(...args);
  expect(ran).toMatchObject({ exit: DONE, err: '' });
  return ran.out;
}
/** One line of JSON. */
async function json<T>(...args: string[]): Promise<T> {
  const out = await text(...args, '--json');
  expect(out.trim().split('\n')).toHaveLength(1);
  return JSON.parse(out) as T;
}
type Fails = readonly [args: string, exit: number, says: RegExp];
/** Words apart by blanks; `$ID` names a camera. */
const fails = (...rows: Fails[]) =>
  it.each(rows)('%s ends with %i', async (args, exit, says) => {
    const ran = await run(...args.split(' ').map((word) => word.replace('$ID', devices[0]!).replace('$F', folder)));
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toMatch(says);
    expect(ran.err).not.toMatch(/\n {4}at /); // no stack: nothing here is a fault of ours
  });

describe('every verb', () => {
  it('is a process with its own help and exit code', () => {
    const main = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url));
    const process_ = (...args: string[]) =>
      spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { encoding: 'utf8' });
    const help = process_('network', 'add', '--help');
    expect([help.status, help.stdout, help.stderr]).toEqual([DONE, expect.stringContaining('--devices ID,…'), '']);
    const away = process_('device', 'ls', '--data', file('a-folder'));
    expect([away.status, away.stdout, away.stderr]).toEqual([
      UNREACHABLE,
      '',
      expect.stringContaining('nothing answers'),
    ]);
  });
  fails(
    ['fly', USAGE, /no such verb/],
    ['network', USAGE, /no such verb/],
    ['device ls --colour red', USAGE, /colour/],
    ['service ls again', USAGE, /0 words are wanted after it, 1 given/],
  );
});

describe('device', () => {
  it('lists, and shows one with its trust', async () => {
    const page = await json<{ rows: { id: string }[] }>('device', 'ls', '--class', 'camera', '--limit', '2');
    expect(page.rows).toHaveLength(2);
    expect(await text('device', 'ls', '--text', 'no such street')).toContain('No devices');
    const [id] = devices as [string];
    expect(await text('device', id)).toContain('Trust: not known');
    expect(await json('device', 'show', id)).toMatchObject({
      identityCard: { state: 'none' },
      trust: { kind: 'device' },
    });
  });
  it('issues a code that enrols', async () => {
    const id = devices[1]!;
    const issued = await json<{ code: string; device: string }>('device', 'enrol', id);
    const { estPort: port } = server.config;
    const { caPem: ca } = server.modules.identity.authority;
    const path = '/.well-known/est/simpleenroll';
    const basic = `${id}:${issued.code}`;
    const answer = await call({ port, ca, path, body: newRequest(id).base64, basic });
    expect([answer.status, certificatesIn(answer.body)[0]!.subject]).toEqual([200, `CN=${id}`]);
    expect(await text('device', 'enrol', id)).toMatch(/^Code for .*\nEST: https:/);
  });
  it('says what stands in the way of a handover, takes an exception and a track', async () => {
    const [id] = devices as [string];
    const gate = await run('device', 'gate', id);
    expect([gate.exit, gate.err]).toEqual([REFUSED, '']); // it is not green
    expect(gate.out).toContain('tls');
    const why = ['--reason', 'Its maker mends it', '--owner', 'Ann Lee', '--days', '20'];
    expect(await json('device', 'except', id, 'tls', ...why)).toMatchObject({ device: id });
    expect(await text('device', 'except', id, 'tls', '--withdraw', '--reason', 'Mended')).toContain('tls');
    await text('device', 'track', 'camera', '--least', '11.8', '--reason', 'Supported');
    expect(await text('device', 'track')).toContain('11.8');
  });
  it('replaces, retires and blocks', async () => {
    const [, , replaced, retired, stolen] = devices as [string, string, string, string, string];
    for (const id of [replaced, retired, stolen]) await enrolled(id);
    expect(await text('device', 'replace', replaced, '--serial', 'NEW-1', '--reason', 'Broken')).toContain('NEW-1');
    expect(await json('device', 'replace', replaced, '--undo', '--reason', 'Not broken')).toMatchObject({
      device: replaced,
    });
    expect(await text('device', 'retire', retired, '--unproven', '--reason', 'Scrapped')).toContain('is retired');
    expect(server.modules.identity.standing(retired)).toBe('ended');
    const out = ['--out', folder];
    expect((await json<{ files: string[] }>('device', 'retire', retired, ...out)).files).toHaveLength(2);
    expect(statSync(file(`${retired}-retired.p7s`)).size).toBeGreaterThan(100);
    expect(await text('device', 'stolen', stolen, '--reason', 'The pole was found empty')).toContain('is blocked');
    expect(server.modules.identity.standing(stolen)).toBe('revoked');
  });
  async function enrolled(id: string): Promise<void> {
    const { code } = await json<{ code: string }>('device', 'enrol', id);
    const { estPort: port } = server.config;
    const { caPem: ca } = server.modules.identity.authority;
    const path = '/.well-known/est/simpleenroll';
    expect((await call({ port, ca, path, body: newRequest(id).base64, basic: `${id}:${code}` })).status).toBe(200);
  }
  fails(
    ['device nobody-1', REFUSED, /nobody-1/],
    ['device show', USAGE, /1 word is wanted/],
    ['device ls --state purple', USAGE, /"purple" is not known/],
    ['device ls --class toaster', USAGE, /"toaster" is not known/],
    ['device ls --limit few', USAGE, /"few" is no number/],
    ['device enrol nobody-1', REFUSED, /nobody-1/],
    ['device gate nobody-1', REFUSED, /nobody-1/],
    ['device except $ID tls --reason x --owner y --days never', USAGE, /number of days/],
    ['device except $ID colour --reason asked --owner Ann --days 2', REFUSED, /check/],
    ['device replace $ID --serial x', USAGE, /give --reason/],
    ['device replace $ID --reason asked', USAGE, /give --serial/],
    ['device retire nobody-1 --reason asked', REFUSED, /nobody-1/],
    ['device retire $ID', USAGE, /give --reason/],
    ['device retire $ID --out $F', REFUSED, /retire/],
    ['device stolen $ID', USAGE, /give --reason/],
    ['device stolen nobody-1 --reason asked', REFUSED, /nobody-1/],
    ['device handover $ID --last --out $F', REFUSED, /never handed over/],
    ['handover verify $F/none.json --ca $F/ca.pem', USAGE, /no such file/],
  );
});

describe('service', () => {
  it('is registered, shown, given a secret, a code and a key, and ended', async () => {
    const who = ['--owner', party, '--reads', 'city,devices', '--name', 'Air map'];
    const made = await json<ServiceIdentity>('service', 'register', 'air-map', ...who);
    expect(made).toMatchObject({ id: 'air-map', state: 'active', reach: { data: ['city', 'devices'], sites: [] } });
    expect(await text('service', 'ls')).toContain('Air map');
    const { secret } = await json<{ secret: string }>('service', 'secret', 'air-map');
    expect(secret.length).toBeGreaterThan(40);
    expect(await text('service', 'secret', 'air-map')).not.toContain(secret);
    expect(await text('service', 'certificate', 'air-map')).toMatch(/^code {2}/);
    const keyed = await json<ServiceIdentity>('service', 'key', 'air-map', file('public.pem'));
    expect(keyed.publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(await text('service', 'end', 'air-map', '--reason', 'contract over')).toContain('ended');
    expect((await json<{ services: ServiceIdentity[] }>('service', 'ls')).services[0]).toMatchObject({
      state: 'ended',
    });
    const again = await run('service', 'secret', 'air-map');
    expect([again.exit, again.err]).toEqual([REFUSED, expect.stringContaining('SERVICE_ENDED')]);
  });
  fails(
    ['service register x-map --reads city', USAGE, /--owner is wanted/],
    ['service register x-map --owner nobody --reads city', REFUSED, /nobody/],
    ['service register x-map --owner nobody --reads gossip', REFUSED, /gossip|reads|data/],
    ['service register X! --owner nobody --reads city', REFUSED, /id/],
    ['service secret nobody', REFUSED, /SERVICE_UNKNOWN/],
    ['service certificate nobody', REFUSED, /SERVICE_UNKNOWN/],
    ['service key nobody $F/public.pem', REFUSED, /SERVICE_UNKNOWN/],
    ['service key nobody $F/missing.pem', USAGE, /missing\.pem": there is no such file/],
    ['service key nobody $F/a-folder', USAGE, /folder/],
    ['service end nobody', USAGE, /--reason is wanted/],
    ['service end nobody --reason asked', REFUSED, /SERVICE_UNKNOWN/],
  );
});

describe('network', () => {
  it('is registered, changed, coded and ended', async () => {
    expect(await text('network', 'ls')).toContain('No network is registered');
    const who = ['--kind', 'lorawan-network', '--name', 'Relay', '--party', party];
    const made = await json<{ network: NetworkIdentity }>('network', 'add', 'lora-1', '--devices', devices[0]!, ...who);
    expect(made.network).toMatchObject({ id: 'lora-1', state: 'registered', speaksFor: { devices: [devices[0]] } });
    expect(await text('network', 'add', 'lora-1', '--devices', devices[1]!)).toContain('lora-1');
    expect(await json('network', 'code', 'lora-1')).toMatchObject({ network: 'lora-1' });
    expect((await json<NetworkIdentity[]>('network', 'ls'))[0]!.speaksFor.devices).toEqual([devices[1]]);
    expect(await text('network', 'end', 'lora-1', '--reason', 'over')).toBe('lora-1 has ended.\n');
    expect((await run('network', 'code', 'lora-1')).exit).toBe(REFUSED);
  });
  fails(
    ['network add lora-2 --devices $ID', USAGE, /--kind/],
    ['network add lora-2 --kind tunnel --name Relay --party nobody', REFUSED, /kind/],
    ['network add lora-2 --kind mobile-apn --name Relay --party nobody', REFUSED, /nobody/],
    ['network code nobody', REFUSED, /NETWORK_UNKNOWN|nobody/],
    ['network acme nobody --names a.example', REFUSED, /nobody/],
    ['network end nobody', USAGE, /--reason/],
    ['network end nobody --reason asked', REFUSED, /nobody/],
  );
});

describe('maker, waiting and discovery', () => {
  it('pins a root, which is shown, and takes it back', async () => {
    const root = await certify({ subject: 'O=Maker, CN=Maker root', authority: true });
    writeFileSync(file('root.pem'), root.pem);
    const { fingerprint256 } = new X509Certificate(root.pem);
    expect(await text('maker', 'ls')).toContain('No root is pinned');
    const wrong = await run('maker', 'pin', party, file('root.pem'), '--fingerprint', '00'.repeat(32));
    expect([wrong.exit, wrong.out]).toEqual([REFUSED, '']);
    await text('maker', 'pin', party, file('root.pem'), '--fingerprint', fingerprint256);
    const [pinned] = await json<{ fingerprint: string; maker: string }[]>('maker', 'ls');
    expect(pinned!.maker).toBe(party);
    expect(await text('maker', 'remove', pinned!.fingerprint)).toContain('No root is pinned');
  });
  it('lets in and turns away who waits', async () => {
    const [first, second] = devices.slice(5) as [string, string];
    for (const id of [first, second]) expect(await asks(id)).toBe(202);
    const waiting = await json<Waiting[]>('waiting', 'ls');
    const of = (id: string): string => waiting.find((one) => one.device === id)!.id;
    expect(await text('waiting', 'approve', of(first), '--reason', 'Seen on the pole')).toContain(first);
    expect(await json('waiting', 'refuse', of(second), '--reason', 'Not ours')).toMatchObject({ state: 'refused' });
    expect(await text('waiting', 'ls')).toContain('Nobody waits');
    expect(await text('waiting', 'ls', '--all')).toContain(second);
  });
  async function asks(id: string): Promise<number> {
    const [issued] = await server.modules.identity.issueCodes([id], 'system', { approval: true });
    const { estPort: port } = server.config;
    const { caPem: ca } = server.modules.identity.authority;
    const basic = `${id}:${issued!.code}`;
    return (await call({ port, ca, path: '/.well-known/est/simpleenroll', body: newRequest(id).base64, basic })).status;
  }
  it('puts an unknown device aside', async () => {
    const { estPort: port } = server.config;
    const { caPem: ca } = server.modules.identity.authority;
    const asking = { port, ca, path: '/.well-known/est/simpleenroll', body: newRequest('cam-stranger').base64 };
    expect((await call({ ...asking, basic: 'cam-stranger:aaaa-bbbb' })).status).toBe(401);
    const [card] = await json<Discovery[]>('discovery', 'ls');
    expect(card).toMatchObject({ state: 'quarantined' });
    await text('discovery', 'dismiss', card!.id, '--reason', 'A neighbour’s');
    expect(await text('discovery', 'ls')).toContain('Nobody unknown has asked');
    expect(await json<Discovery[]>('discovery', 'ls', '--all')).toMatchObject([{ state: 'dismissed' }]);
  });
  fails(
    ['maker pin someone $F/public.pem', USAGE, /--fingerprint/],
    ['maker pin someone $F/rubbish.pem --fingerprint 00', USAGE, /rubbish\.pem/],
    ['maker pin someone $F/missing.pem --fingerprint 00', USAGE, /missing\.pem/],
    ['maker remove 00', REFUSED, /.+/],
    ['waiting approve enr-none --reason asked', REFUSED, /enr-none/],
    ['waiting refuse enr-none', USAGE, /--reason/],
    ['discovery dismiss disc-none --reason asked', REFUSED, /disc-none/],
    ['discovery dismiss disc-none', USAGE, /--reason/],
  );
});

describe('radius', () => {
  it('writes a configuration that only its owner can read, and never prints a secret', async () => {
    const where = ['--out', file('raddb'), '--switch', 'east=192.0.2.10', '--party', party];
    const written = await text('radius', 'config', ...where);
    const clients = readFileSync(file('raddb/clients.conf'), 'utf8');
    const secret = /secret = "?([^"\n]+)/.exec(clients)![1]!;
    expect(written).not.toContain(secret);
    expect(written).toContain('by MAC address where 802.1X fails');
    expect(statSync(file('raddb/clients.conf')).mode & 0o077).toBe(0);
    const again = await json<{ switches: object[] }>('radius', 'config', ...where);
    expect(again.switches).toHaveLength(1);
    expect(JSON.stringify(again)).not.toContain(secret);
    expect(readFileSync(file('raddb/clients.conf'), 'utf8')).toContain(secret); // it stays unless it is rotated
    await text('radius', 'config', ...where, '--rotate');
    expect(readFileSync(file('raddb/clients.conf'), 'utf8')).not.toContain(secret);
  });
  it('shows and changes the VLANs, and who is on which port', async () => {
    const before = await json<VlanPlan>('radius', 'vlans');
    const after = await json<VlanPlan>('radius', 'vlans', 'camera=121,quarantine=998');
    expect(after.quarantine).toBe(998);
    expect(after.classes.find((one) => one.class === 'camera')).toMatchObject({ vlan: 121 });
    expect(after.classes.length).toBeGreaterThanOrEqual(before.classes.length);
    expect(await text('radius', 'vlans')).toMatch(/quarantine +998/);
    expect(await json('radius', 'ports')).toEqual([]);
    expect(await text('radius', 'ports')).toContain('Nobody has joined yet');
  });
  fails(
    ['radius config --switch east=192.0.2.10', USAGE, /--out and --switch/],
    ['radius config --out $F/x --switch east', USAGE, /NAME=ADDRESS/],
    ['radius config --out $F/x --switch east=192.0.2.10 --auth-port 99999', USAGE, /port from 1/],
    ['radius config --out $F/x --switch east=example', USAGE, /east=example/],
    ['radius vlans camera', USAGE, /CLASS=VLAN/],
    ['radius vlans toaster=12', REFUSED, /toaster|class/],
    ['radius vlans camera=5000', REFUSED, /vlan|4094/],
  );
});
