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

/** One poll after the other over one connection that stays, until the time is over. */
function keep(start: Start, device: Device, { socket, count }: { socket: TLSSocket; count: Polls }): Promise<void> {
  const end = Date.now() + start.forMs;
  const text = requestOf(start, device);
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      if (!bytes.includes(END)) count.wrong++;
      count.polls++;
      if (Date.now() < end) return void socket.write(text);
      socket.off('data', take).off('close', cut);
      resolve();
    };
    const cut = (): void => reject(new Error(`poll as "${device.id}": the server ended the connection`));
    socket.on('data', take).once('close', cut);
    socket.write(text);
  });
}

interface Resuming {
  session?: Buffer;
  readonly count: Polls & { resumed: number };
}

/** One poll over a connection of its own; the session for the next. */
function once(start: Start, device: Device, state: Resuming): Promise<void> {
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

let kept: readonly TLSSocket[] = [];
let sessions: readonly (Buffer | undefined)[] = [];
const newCount = (): Resuming['count'] => ({ polls: 0, wrong: 0, resumed: 0 });

/** All are connected before any polls, or have a session to come back with: a device alone would ask more often than one may. */
async function open(start: Start): Promise<null> {
  if (!start.resumed) kept = await Promise.all(start.devices.map((device) => connected(start, device)));
  else
    sessions = await Promise.all(
      start.devices.map(async (device) => {
        const state: Resuming = { count: newCount() };
        await once(start, device, state);
        return state.session;
      }),
    );
  return null;
}

async function run(start: Start): Promise<Polled> {
  const count = newCount();
  if (!start.resumed) {
    await Promise.all(start.devices.map((device, i) => keep(start, device, { socket: kept[i]!, count })));
    return count;
  }
  const end = Date.now() + start.forMs;
  sessions = await Promise.all(
    start.devices.map(async (device, i) => {
      const session = sessions[i];
      const state: Resuming = { count, ...(session ? { session } : {}) };
      while (Date.now() < end) await once(start, device, state);
      return state.session;
    }),
  );
  return count;
}

answer({
  open,
  run,
  close: () => {
    for (const socket of kept) socket.destroy();
    kept = [];
    return null;
  },
});
