/** Devices of `bench poll`: each with its own certificate, polling over a kept connection or over one resumed session after another. */
import { connect, type TLSSocket } from 'node:tls';
import { answer } from '../ingest/plan.ts';

interface Device {
  readonly id: string;
  readonly key: string;
  readonly cert: string;
}
interface Start {
  readonly port: number;
  readonly ca: string;
  readonly devices: readonly Device[];
  readonly forMs: number;
  readonly resumed: boolean;
}
interface Polled {
  readonly polls: number;
  readonly resumed: number;
  readonly wrong: number;
}
interface Polls {
  polls: number;
  wrong: number;
}
const END = Buffer.from('"_links":{');

function dial({ port, ca }: Start, { key, cert }: Device, session?: Buffer): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca,
    key,
    cert,
    servername: 'localhost',
    ...(session ? { session } : {}),
  });
  socket.setNoDelay(true);
  return socket;
}
const requestOf = (start: Start, { id }: Device, rest = ''): string =>
  `GET /DEFAULT/controller/v1/${id} HTTP/1.1\r\nhost: 127.0.0.1:${start.port}\r\n${rest}\r\n`;

const connected = (start: Start, device: Device): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = dial(start, device);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });

/** One poll after the other over one connection, until the time is over. */
function keep(start: Start, device: Device, { socket, count }: { socket: TLSSocket; count: Polls }): Promise<void> {
  const end = Date.now() + start.forMs;
  const text = requestOf(start, device);
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.includes(END)) count.wrong++;
      count.polls++;
      if (Date.now() < end) socket.write(text);
      else socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.write(text);
  });
}

/** One poll over a connection of its own; the session for the next. */
function once(
  start: Start,
  device: Device,
  state: { session?: Buffer; count: { polls: number; wrong: number; resumed: number } },
) {
  return new Promise<void>((resolve, reject) => {
    const socket = dial(start, device, state.session);
    socket.on('session', (session) => (state.session = session));
    socket.on('secureConnect', () => {
      if (socket.isSessionReused()) state.count.resumed++;
      socket.write(requestOf(start, device, 'connection: close\r\n'));
    });
    let ok = false;
    socket.on('data', (bytes: Buffer) => (ok ||= bytes.includes(END)));
    socket.on('error', reject);
    socket.on('close', () => {
      state.count.polls++;
      if (!ok) state.count.wrong++;
      resolve();
    });
  });
}

async function run(start: Start): Promise<Polled> {
  const count = { polls: 0, wrong: 0, resumed: 0 };
  if (!start.resumed) {
    // All are connected before any polls: a device alone would ask more often than one may.
    const sockets = await Promise.all(start.devices.map((device) => connected(start, device)));
    await Promise.all(start.devices.map((device, i) => keep(start, device, { socket: sockets[i]!, count })));
    return count;
  }
  const end = Date.now() + start.forMs;
  await Promise.all(
    start.devices.map(async (device) => {
      const state: Parameters<typeof once>[2] = { count };
      while (Date.now() < end) await once(start, device, state);
    }),
  );
  return count;
}

answer({ run });
