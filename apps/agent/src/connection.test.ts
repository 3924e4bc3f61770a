/** A connection that is closed while its broker answers stays down; it does not publish into a client that has ended. */
import { expect, test } from 'vitest';
import { readCertsOnly } from './certs-only.ts';
import { createConnection, createGate } from './connection.ts';
import { newDeviceKey, signingRequest } from './signing-request.ts';
import { brokerDouble, testAuthority, until } from './testing.ts';

const DEVICE = 'lamp-0001';
const SETTLE_MS = 100;

async function bench() {
  const authority = await testAuthority();
  const key = newDeviceKey();
  const { answer } = await authority.issue(signingRequest(DEVICE, key));
  const issued = readCertsOnly(answer);
  if (!issued.ok) throw new Error(issued.error);
  const broker = await brokerDouble(authority);
  const seen = { ups: 0 };
  const connection = createConnection({
    broker: { host: '127.0.0.1', port: broker.port, ca: authority.ca },
    credential: {
      device: DEVICE,
      key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      certificate: issued.value[0]!.toString(),
      expires: Date.now() + 1e9,
    },
    gate: createGate(1),
    random: () => 0.5,
    takesOrders: false,
    takesChanges: false,
    reachable: () => true,
    events: {
      online: () => {
        seen.ups++;
        connection.publish('obs', {});
      },
    },
  });
  return { broker, connection, seen };
}

test('closed between CONNECT and CONNACK, it stays down', async () => {
  const { broker, connection, seen } = await bench();
  const closing = new Promise<void>((resolve) => {
    broker.asked.before = () => resolve(connection.close());
  });
  connection.open();
  await closing;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  expect(seen.ups).toBe(0);
  expect(connection.online).toBe(false);
  await broker.close();
});

test('closed then and opened again at once, as at a restart, it comes up anew and the device lives on', async () => {
  const { broker, connection, seen } = await bench();
  let asked = 0;
  broker.asked.before = () => {
    if (++asked > 1) return;
    void connection.close();
    connection.open();
  };
  connection.open();
  await until('it is up', () => connection.online);
  expect([asked, seen.ups]).toEqual([2, 1]);
  await connection.close();
  await broker.close();
});
