/** mosquitto with the same certificates, persistence on and one QoS 1 subscriber. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../apps/server/src/testing-ports.ts';
import { HOST, startChild, type Child, type Credentials } from './plan.ts';

const PLACES = [process.env['MOSQUITTO'], '/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'];
export const mosquittoPath = (): string | null => PLACES.find((path) => path !== undefined && existsSync(path)) ?? null;
/** Seconds between saves of its database: the shortest by time. Its PUBACK does not wait for the save. */
const AUTOSAVE_SECONDS = 1;
export const MOSQUITTO_PROMISE = `PUBACK before anything is on disk; database saved every ${AUTOSAVE_SECONDS} s`;
const START_TRIES = 100;
const START_WAIT_MS = 50;

export interface Mosquitto {
  readonly port: number;
  readonly subscriber: Child;
  stop(): Promise<void>;
}

export async function startMosquitto(path: string, folder: string, credentials: Credentials): Promise<Mosquitto> {
  await mkdir(folder, { recursive: true });
  const files = { ca: credentials.ca, cert: credentials.server.cert, key: credentials.server.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), text, { mode: 0o600 });
  const port = await freePort();
  const lines = [
    `listener ${port} ${HOST}`,
    `cafile ${join(folder, 'ca.pem')}`,
    `certfile ${join(folder, 'cert.pem')}`,
    `keyfile ${join(folder, 'key.pem')}`,
    'require_certificate true',
    'use_identity_as_username true',
    'tls_version tlsv1.3',
    'persistence true',
    `persistence_location ${folder}/`,
    `autosave_interval ${AUTOSAVE_SECONDS}`,
    'max_inflight_messages 0', // 0: no limit, for the subscriber must not lose what it is slow to take
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    'log_type error',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, `${lines.join('\n')}\n`);
  const broker = spawn(path, ['-c', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const subscriber = startChild('./subscriber.ts');
  await subscribed(subscriber, { port, ca: credentials.ca, identity: credentials.subscriber });
  return {
    port,
    subscriber,
    async stop() {
      await subscriber.kill('SIGTERM');
      const gone = new Promise((resolve) => broker.once('exit', resolve));
      broker.kill('SIGTERM');
      await gone;
    },
  };
}

async function subscribed(subscriber: Child, start: unknown): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await subscriber.ask('start', start);
    } catch (error) {
      if (attempt === START_TRIES) throw error;
      await delay(START_WAIT_MS);
    }
  }
}
