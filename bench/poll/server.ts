/** The server side of `bench poll`: the product's listener, gateway and policy, with a table for a city and nothing ordered. */
import { ok, systemClock } from '@cityward/kernel';
import type { TrustMark } from '@cityward/identity';
import { createHttpListener } from '@cityward/http';
import { createLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import { createAccess, type AccessParts } from '../../apps/server/src/access.ts';
import { createDdiGateway } from '../../apps/server/src/gateway-ddi.ts';
import { createPolled } from '../../apps/server/src/polled-devices.ts';
import { statusOf } from '../../apps/server/src/problems.ts';
import { answer } from '../ingest/plan.ts';

interface Start {
  readonly port: number;
  readonly devices: readonly string[];
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
}
const log = createLog({ level: 'warn' });
const lastSeen = new Map<string, number>();
/** The same object each time, as identity keeps it. */
const FULL_TRUST: TrustMark = { level: 'full', value: 100, conduct: 100 };
let sightings = 0;
let since = process.cpuUsage();
let polls = 0;

async function start({ port, devices, tls }: Start): Promise<null> {
  const records = new Map(
    devices.map((id) => [id, { id, class: 'camera', site: 'site-1', criticality: 'low', neverCut: false }]),
  );
  const standings = new Map(devices.map((id) => [id, 'active']));
  const policy = createPolicy({ log, onFault: (alarm) => log.error('policy', { ...alarm }) });
  const identity = {
    admit: ({ commonName }: { readonly commonName: string }) =>
      standings.has(commonName) ? ok({ device: commonName }) : { ok: false },
    standing: (id: string) => standings.get(id) ?? 'none',
    networkOf: () => null,
    trustMarkOf: () => FULL_TRUST,
  } as unknown as AccessParts['identity'];
  const city = { record: (id: string) => records.get(id) ?? null } as unknown as AccessParts['city'];
  const local = { owns: () => false } as unknown as AccessParts['local'];
  const access = createAccess({ policy, identity, city, local, metricsToken: '' });
  const running = new Map<string, string | null>();
  const polled = createPolled({
    desk: {
      orderFor: (device) => (running.get(device) === undefined ? null : null),
      report: () => Promise.resolve(ok(undefined)),
      seen: (device, { firmware }) => {
        sightings++;
        if (firmware !== null) running.set(device, firmware);
      },
      onSaid: () => () => undefined,
      officersAfter: () => [],
      onOfficers: () => () => undefined,
      onOrder: () => () => undefined,
      source: () => Promise.resolve(null),
      nextSeq: () => 1,
      explained: () => undefined,
    },
    clock: systemClock,
    log,
    alive: (device, at) => void lastSeen.set(device, at),
  });
  const gateway = createDdiGateway({ polled, identity, access, hosts: [`127.0.0.1:${port}`] });
  const listener = createHttpListener({
    host: '127.0.0.1',
    port,
    https: { ...tls, requestCert: true },
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    routes: [],
    rawRoutes: gateway.routes,
    shortWay: (request, response) => {
      polls++;
      return gateway.poll(request, response);
    },
    authenticate: (facts) => access.authenticatePeer(facts),
    screen: access.screen.bind(access),
    authorise: access.authorise.bind(access),
    statusOf,
    log,
  });
  await listener.start();
  return null;
}

answer({
  start,
  reset: () => {
    since = process.cpuUsage();
    [polls, sightings] = [0, 0];
    return null;
  },
  /** What was answered since the reset, and this process' own processor time for it. */
  figures: () => {
    const { user, system } = process.cpuUsage(since);
    return { polls, sightings, devices: lastSeen.size, cpuMs: (user + system) / 1_000 };
  },
});
