/** A device at a listener with certificates, whose session can be taken up again; says what TLS and the listener made of it. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { DDI_BASE } from './gateway-ddi.ts';
import type { DeviceCredential } from './testing-clients.ts';

export interface Met {
  /** The server took the session up without a new handshake. */
  readonly resumed: boolean;
  /** Of the poll; null where another protocol is spoken, which was not tried. */
  readonly status: number | null;
  /** To come back with. */
  readonly session: Buffer | null;
}
export interface Meeting {
  readonly port: number;
  readonly ca: string;
  readonly session?: Buffer | null;
  readonly polls?: boolean;
}
/** How long to wait for a session ticket of a listener that says nothing by itself. */
const TICKET_MS = 300;

export async function meet(who: DeviceCredential, { port, ca, session, polls = true }: Meeting): Promise<Met> {
  const { device, key, certificate } = who;
  const common = { host: '127.0.0.1', servername: 'localhost', port, ca, key, cert: certificate };
  const socket = connect({ ...common, ...(session ? { session } : {}) });
  let given: Buffer | null = null;
  let text = '';
  socket.on('session', (one) => (given = one));
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  const closed = once(socket, 'close');
  if (polls) socket.write(`GET ${DDI_BASE}/${device} HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n\r\n`);
  else setTimeout(() => socket.destroy(), TICKET_MS);
  await closed;
  const status = /^HTTP\/1\.1 (\d{3})/u.exec(text)?.[1];
  return { resumed, status: status === undefined ? null : Number(status), session: given };
}
