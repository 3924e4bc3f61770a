/** The server side of `bench connections`: the product's MQTT gateway, contract check, policy and stream, with a table for a city. */
import { join } from 'node:path';
import { systemClock } from '@cityward/kernel';
import { createLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import { openStream } from '@cityward/stream';
import { createAccess } from '../../apps/server/src/access.ts';
import { createMqttGateway, type MqttGateway } from '../../apps/server/src/gateway-mqtt.ts';
import { createIngest, type Ingest } from '../../apps/server/src/ingest.ts';
import { createSpeaking } from '../../apps/server/src/speaking.ts';
import { ticketsOf } from '../../apps/server/src/ticket-shelf.ts';
import { deviceTable } from '../device-table.ts';
import { answer } from '../ingest/plan.ts';

interface Start {
  readonly folder: string;
  readonly port: number;
  readonly devices: readonly string[];
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
}
const log = createLog({ level: 'error' });
let gateway: MqttGateway;
let ingest: Ingest;
let since = process.cpuUsage();

async function start({ folder, port, devices, tls }: Start): Promise<null> {
  const { city, identity, local } = deviceTable(devices, 'air-sensor');
  const policy = createPolicy({ log, onFault: (alarm) => log.error('policy', { ...alarm }) });
  const access = createAccess({ policy, identity, city, local, metricsToken: '' });
  const stream = await openStream({ folder: join(folder, 'stream'), onNotice: () => undefined });
  ingest = createIngest({ stream, clock: systemClock, maySpeak: createSpeaking({ identity, access, city }) });
  gateway = createMqttGateway({
    port,
    tls,
    tickets: ticketsOf(folder, log, 'mqtt'),
    identity,
    access,
    ingest,
    log,
    isSimulated: () => true,
    onAck: () => Promise.resolve(),
  });
  await gateway.listener.start();
  return null;
}

answer({
  start,
  reset: () => {
    since = process.cpuUsage();
    return null;
  },
  figures: () => {
    const { user, system } = process.cpuUsage(since);
    const { clients } = gateway.listener.stats();
    const { rss } = process.memoryUsage();
    return { clients, taken: ingest.stats().taken, cpuMs: (user + system) / 1_000, rssKb: rss / 1_024 };
  },
});
