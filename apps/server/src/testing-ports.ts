/** Ports for tests and benchmarks that must name one before something listens there. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below those that Linux (from 32768) and other systems (from 49152) draw for outgoing connections: a port that was free a moment
 * ago cannot become somebody's end of a connection meanwhile, as one drawn by `listen(0)` can.
 */
const FROM = 12_000;
const TO = 32_000;
const ATTEMPTS_MAX = 200;

/** Numbers that nothing listens on, on either address of this machine. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt === ATTEMPTS_MAX + count) throw new Error(`find ${count} free ports: ${found.size} found, wanted all`);
    const port = randomInt(FROM, TO);
    if ((await isFree('127.0.0.1', port)) && (await isFree('::1', port))) found.add(port);
  }
  return [...found];
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!;

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has nothing there.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRNOTAVAIL'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
