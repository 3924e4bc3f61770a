/** Sessions over real TLS: resumed after a restart and over a change of keys, never at another listener or under another trust. */
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type Server } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { createLog } from '@cityward/log';
import { createTestAuthority } from '@cityward/mqtt/testing';
import { newRing, OPENS_FOR_MS, ringFrom, SEALS_FOR_MS, textOf, turned } from './ticket-keys.ts';
import { createTickets, SESSION_LIFE_SECONDS, type Tickets, type TicketShelf } from './tickets.ts';

const authority = createTestAuthority();
const device = authority.device('lamp-0001');
const open: { server: Server; tickets: Tickets }[] = [];
afterEach(() => {
  for (const { server, tickets } of open.splice(0)) {
    server.close();
    tickets.stop();
  }
});

function shelf(): TicketShelf & { text: string | null } {
  const kept = {
    text: null as string | null,
    read: () => Promise.resolve(kept.text === null ? null : Buffer.from(kept.text)),
    write: (text: string) => Promise.resolve(void (kept.text = text)),
  };
  return kept;
}

async function listen(tickets: Tickets): Promise<Server> {
  await tickets.start();
  const server = createServer(
    {
      ...authority.server(),
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
      sessionTimeout: SESSION_LIFE_SECONDS,
      sessionIdContext: tickets.contextFor(authority.ca),
    },
    (socket) => {
      socket.on('error', () => undefined);
      socket.end(JSON.stringify([socket.isSessionReused(), socket.getPeerX509Certificate()?.serialNumber]));
    },
  );
  tickets.guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ server, tickets });
  return server;
}

interface Met {
  readonly resumed: boolean;
  /** Of the certificate that the server sees. */
  readonly serial: string;
  readonly session: Buffer;
}
async function meet(server: Server, session?: Buffer, maxVersion: SecureVersion = 'TLSv1.3'): Promise<Met> {
  const { port } = server.address() as AddressInfo;
  const { key, cert } = device;
  const common = { host: '127.0.0.1', servername: 'localhost', port, ca: authority.ca, key, cert, maxVersion };
  const socket = connect({ ...common, ...(session ? { session } : {}) });
  let given: Buffer | undefined;
  let text = '';
  socket.on('session', (one) => (given = one));
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  await once(socket, 'close');
  const [resumed, serial] = JSON.parse(text) as [boolean, string];
  return { resumed, serial, session: given ?? session! };
}

describe('a session ticket', () => {
  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'resumes after a restart, with the certificate in it (%s)',
    async (version) => {
      const kept = shelf();
      const first = await meet(await listen(createTickets({ shelf: kept })), undefined, version);
      expect(first).toMatchObject({ resumed: false, serial: device.serial });
      const again = await meet(await listen(createTickets({ shelf: kept })), first.session, version);
      expect(again).toMatchObject({ resumed: true, serial: device.serial });
      // Without what was kept it would not have.
      expect((await meet(await listen(createTickets()), first.session, version)).resumed).toBe(false);
    },
  );
  it('opens under yesterday’s key and is renewed by that; one of the day before does not', async () => {
    let now = Date.now();
    const tickets = createTickets({ shelf: shelf(), clock: () => now });
    const server = await listen(tickets);
    const first = await meet(server);
    now += SEALS_FOR_MS;
    await tickets.turn();
    const second = await meet(server, first.session);
    expect(second.resumed).toBe(true);
    now += SEALS_FOR_MS;
    await tickets.turn();
    expect((await meet(server, first.session)).resumed).toBe(false);
    expect((await meet(server, second.session)).resumed).toBe(true);
  });
  it('of one listener says nothing to another, nor to the same one once it trusts others', async () => {
    const [one, two] = [shelf(), shelf()];
    const { session } = await meet(await listen(createTickets({ shelf: one })));
    expect((await meet(await listen(createTickets({ shelf: two })), session)).resumed).toBe(false);
    const tickets = createTickets({ shelf: one });
    const server = await listen(tickets);
    expect((await meet(server, session)).resumed).toBe(true);
    const trusts = [authority.ca, createTestAuthority('Another').ca];
    server.setSecureContext({
      ...authority.server(),
      ca: trusts,
      sessionIdContext: tickets.contextFor(trusts),
    });
    tickets.guard(server);
    expect((await meet(server, session)).resumed).toBe(false);
  });
  it('is made under new keys when those that were kept cannot be relied on, and says so', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'warn', write: (line) => lines.push(line) });
    const others: TicketShelf = {
      read: () => Promise.reject(new Error('others can read it')),
      write: () => Promise.reject(new Error('the disk is full')),
    };
    const met = await meet(await listen(createTickets({ shelf: others, log })));
    expect(met.resumed).toBe(false);
    expect(lines.join('')).toMatch(/others can read it[^]*the disk is full/u);
  });
});

describe('the keys', () => {
  const now = 1_800_000_000_000;
  it('seal for a day and open for two, also over a stop in between; none is from the future', () => {
    const ring = newRing(randomBytes, now);
    expect(turned(ring, randomBytes, now + SEALS_FOR_MS - 1)).toBe(ring);
    const next = turned(ring, randomBytes, now + SEALS_FOR_MS);
    expect(next.keys).toHaveLength(2);
    expect(next.keys[1]).toEqual(ring.keys[0]);
    expect(next.context).toBe(ring.context);
    expect(turned(next, randomBytes, now + OPENS_FOR_MS).keys).toHaveLength(2);
    expect(turned(ring, randomBytes, now + OPENS_FOR_MS).keys).toHaveLength(1);
    expect(turned(ring, randomBytes, now - DAY_MS).keys[0]!.name).not.toEqual(ring.keys[0]!.name);
  });
  it('are read as they were written, and nothing else is', () => {
    const ring = turned(newRing(randomBytes, now), randomBytes, now + DAY_MS);
    expect(ringFrom(textOf(ring))).toEqual(ring);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((keys) => `{"format":"cityward-tickets-1","keys":${keys}}`),
        ),
        (text) => ringFrom(text) === null,
      ),
      { numRuns: 2_000 },
    );
  });
});
