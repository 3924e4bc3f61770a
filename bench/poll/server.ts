/** The server side of `bench poll`: the product's listener, gateway and policy, with a table for a city and nothing ordered. */
import { ok, systemClock } from '@cityward/kernel';
import { createHttpListener } from '@cityward/http';
import { createLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import { createAccess } from '../../apps/server/src/access.ts';
import { createDdiGateway } from '../../apps/server/src/gateway-ddi.ts';
import { createPolled } from '../../apps/server/src/polled-devices.ts';
import { statusOf } from '../../apps/server/src/problems.ts';
import { deviceTable } from '../device-table.ts';
import { answer } from '../ingest/plan.ts';

interface Start {
  readonly port: number;
  readonly devices: readonly string[];
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
}
const log = createLog({ level: 'warn' });
const lastSeen = new Map<string, number>();
let sightings = 0;
let since = process.cpuUsage();
let polls = 0;

async function start({ port, devices, tls }: Start): Promise<null> {
  const { city, identity, local } = deviceTable(devices, 'camera');
  const policy = createPolicy({ log, onFault: (alarm) => log.error('policy', { ...alarm }) });
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
