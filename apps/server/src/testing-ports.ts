/** Ports for tests and benchmarks that must name one before something listens there. */
import { createServer } from 'node:net';

/**
 * Below those that Linux (from 32768) and other systems (from 49152) draw for outgoing connections: a port that was free a moment
 * ago cannot become somebody's end of a connection meanwhile, as one drawn by `listen(0)` can.
 */
const FROM = 12_000;
/** Each process draws from a block of its own, in turn: what one was told is free, another does not take before it listens. */
const BLOCKS = 50;
const BLOCK = 400;

const first = FROM + (process.pid % BLOCKS) * BLOCK;
let drawn = 0;

/** Numbers that nothing listens on, on either address of this machine. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tried = 0; found.length < count; tried++) {
    if (tried === BLOCK) throw new Error(`find ${count} free ports: ${found.length} found from ${first}, wanted all`);
    const port = first + (drawn++ % BLOCK);
    if ((await isFree('127.0.0.1', port)) && (await isFree('::1', port))) found.push(port);
  }
  return found;
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!;

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has nothing there.
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
