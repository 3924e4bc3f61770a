/** The server side of `bench ingest`: the product's gateway, contract check, policy, stream and watch, with a table for a city. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeObserved } from '@cityward/contracts';
import { seeded, systemClock } from '@cityward/kernel';
import { createLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import { openSql } from '@cityward/sql';
import { openStream, type Stream, type StreamRecord } from '@cityward/stream';
import { createMemoryDisk, type MemoryDisk } from '@cityward/stream/testing';
import { createWatch, type Watch } from '@cityward/watch';
import { createAccess } from '../../apps/server/src/access.ts';
import { createMqttGateway, type MqttGateway } from '../../apps/server/src/gateway-mqtt.ts';
import { createIngest } from '../../apps/server/src/ingest.ts';
import { createSpeaking } from '../../apps/server/src/speaking.ts';
import { deviceTable } from '../device-table.ts';
import { tallyStream } from './count.ts';
import { SLOTS, SLOT_MS, answer, clientIds, quantile } from './plan.ts';

interface Start {
  readonly folder: string;
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  /** `memory`: a disk that loses what was not synced when `cut` is asked. */
  readonly disk: 'real' | 'memory';
}

interface Running {
  readonly stream: Stream;
  readonly watch: Watch;
  readonly gateway: MqttGateway;
  readonly disk: MemoryDisk | null;
  readonly stop: () => Promise<void>;
}

const CONSUME_MAX = 2_000;
const log = createLog({ level: 'warn' });
let running: Running;
/** Age of each batch's oldest record once watch has it, in the slots of the plan. */
let lagSlots = new Uint32Array(SLOTS);
let watched = 0;

async function start({ folder, tls, disk }: Start): Promise<{ port: number }> {
  const memory = disk === 'memory' ? createMemoryDisk() : null;
  const sql = await openSql({ folder: join(folder, 'sql'), cache: join(folder, '..', '.cache'), log });
  const stream = await openStream({
    folder: memory ? '/stream' : join(folder, 'stream'),
    ...(memory ? { files: memory.files } : {}),
    onNotice: ({ kind, message }) => kind !== 'tail-cut' && log.warn(message),
  });
  const { city, identity, local } = deviceTable(clientIds, 'air-sensor');
  const watch = createWatch({
    sql,
    folder: join(folder, 'watch'),
    clock: systemClock,
    log,
    kindOf: (node) => {
      const record = city.record(node);
      return record
        ? { kind: `${record.class}/${record.model}`, class: record.class, name: record.name, ward: record.ward }
        : null;
    },
  });
  await watch.start();
  const policy = createPolicy({ log, onFault: (alarm) => log.error('policy', { ...alarm }) });
  const access = createAccess({
    policy,
    identity,
    city,
    local,
    metricsToken: '',
  });
  const ingest = createIngest({ stream, clock: systemClock, maySpeak: createSpeaking({ identity, access, city }) });
  const gateway = createMqttGateway({
    port: 0,
    tls,
    identity,
    access,
    ingest,
    log,
    isSimulated: () => true,
    onAck: () => Promise.resolve(),
  });
  const stopWatch = feedWatch(stream, watch);
  const stop = async (): Promise<void> => {
    await gateway.listener.stop();
    await stopWatch();
    await stream.close();
    await watch.stop();
    await sql.stop();
  };
  running = { stream, watch, gateway, disk: memory, stop };
  return gateway.listener.start();
}

/** The consumer: decodes, feeds watch, notes how old the oldest record of the batch is by then. */
function feedWatch(stream: Stream, watch: Watch): () => Promise<void> {
  const stopping = new AbortController();
  const handle = async (batch: readonly StreamRecord[]): Promise<void> => {
    await watch.observe(batch.map((record) => decodeObserved(record.position, record.payload)));
    const lag = Date.now() - batch[0]!.at;
    lagSlots[Math.min(SLOTS - 1, Math.max(0, Math.floor(lag / SLOT_MS)))]!++;
    watched += batch.length;
  };
  watch.onSaved((position) => void stream.commit('watch', Math.min(position, stream.last)).catch(() => undefined));
  const consuming = stream.consume('watch', handle, {
    signal: stopping.signal,
    batchMax: CONSUME_MAX,
    after: Math.min(watch.position(), stream.last),
    commits: 'by-caller',
    onFault: (fault) => log.error('watch consumer', { reason: fault.message }),
  });
  return async () => {
    while (watched > 0 && watch.stats().observed === 0) await delay(1);
    stopping.abort();
    await consuming;
  };
}

answer({
  start,
  reset() {
    lagSlots = new Uint32Array(SLOTS);
    watched = 0;
    cpu = process.cpuUsage();
  },
  figures() {
    const used = process.cpuUsage(cpu);
    return {
      lagP99Ms: quantile(lagSlots, 0.99),
      lagMaxMs: quantile(lagSlots, 1),
      watched,
      syncs: running.stream.stats().syncs,
      cpuMs: Math.round((used.user + used.system) / 1_000),
      rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  },
  async cut(seed: number) {
    const random = seeded(seed);
    const survived = running.disk!.powerCut(() => random.next());
    const stream = await openStream({ folder: '/stream', files: survived.files });
    return tallyStream(stream);
  },
  stop: () => running.stop(),
});
let cpu = process.cpuUsage();
