/** Preloaded into every process of a watched server: writes down each connection, name look-up and datagram before it happens. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

export interface Attempt {
  readonly pid: number;
  readonly what: 'connect' | 'look up' | 'send';
  /** Address, name, or `unix` for a socket in the file system. */
  readonly to: string;
}

/** What stays on this machine. */
export const isLoopback = (to: string): boolean =>
  to === 'unix' || to === 'localhost' || to === '::1' || /^127(\.\d{1,3}){3}$/.test(to);

type Callable = (this: unknown, ...args: unknown[]) => unknown;
const file = process.env['CITYWARD_TEST_CONNECTIONS'];

/** What would leave is stopped here too: a test must not call out either. */
function note(what: Attempt['what'], to: string): void {
  appendFileSync(file!, `${JSON.stringify({ pid: process.pid, what, to })}\n`);
  if (!isLoopback(to)) throw new Error(`${what} "${to}": only this machine is wanted`);
}

function before(owner: object, name: string, tell: (args: readonly unknown[]) => void): void {
  const own = owner as Record<string, unknown>;
  const real = own[name];
  if (typeof real !== 'function') return;
  own[name] = function (this: unknown, ...args: unknown[]) {
    tell(args);
    return (real as Callable).apply(this, args);
  };
}

/** Takes what `connect` takes: options, a port and host, a path, or the array that Node makes of them. */
function targetOf(args: readonly unknown[]): string {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[];
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { readonly host?: string; readonly path?: string };
    return path ? 'unix' : (host ?? 'localhost');
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return 'unix';
  return typeof second === 'string' ? second : 'localhost';
}

function watch(): void {
  before(net.Socket.prototype, 'connect', (args) => note('connect', targetOf(args)));
  const lookUp = ([name]: readonly unknown[]): void => note('look up', String(name));
  for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
    for (const name of Object.getOwnPropertyNames(owner))
      if (/^(lookup|resolve|reverse)/.test(name)) before(owner, name, lookUp);
  const datagram = (args: readonly unknown[]): void =>
    note('send', (args.findLast((one) => typeof one === 'string') as string | undefined) ?? 'localhost');
  before(dgram.Socket.prototype, 'send', datagram);
  before(dgram.Socket.prototype, 'connect', datagram);
  syncBuiltinESMExports();
}

if (file !== undefined) watch();
