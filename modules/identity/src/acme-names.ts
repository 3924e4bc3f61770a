/** Which names an ACME account may order, and whether a request asks for exactly those of its order. */
import { isIP } from 'node:net';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Account } from './acme-bindings.ts';
import { NAMES_PER_ORDER_MAX, type Order } from './acme-orders.ts';
import { OID } from './domain/oids.ts';
import type { SigningRequest } from './domain/signing-request.ts';

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** Our own listeners' names: a certificate for one of them would let its holder stand in for the city. */
const OURS: ReadonlySet<string> = new Set(['localhost', 'radius']);

/** Lower case, no wildcard, no address, none of ours. */
export const isOrderable = (name: string): boolean => HOST.test(name) && isIP(name) === 0 && !OURS.has(name);

const rejected = (name: string, why: string): Result<never, Refusal> =>
  refuse('forbidden', 'rejectedIdentifier', `order "${name.slice(0, 100)}": ${why}`);

/** @param asked identifiers as they came */
export function readNames(asked: unknown, account: Account): Result<readonly string[], Refusal> {
  if (!Array.isArray(asked) || asked.length === 0 || asked.length > NAMES_PER_ORDER_MAX)
    return refuse('invalid', 'malformed', `order: wanted 1 to ${NAMES_PER_ORDER_MAX} identifiers`);
  const names = new Set<string>();
  for (const one of asked as readonly unknown[]) {
    const { type, value } = (typeof one === 'object' && one !== null ? one : {}) as { type?: unknown; value?: unknown };
    if (type !== 'dns' || typeof value !== 'string')
      return refuse('invalid', 'unsupportedIdentifier', 'order: wanted identifiers of type dns');
    if (!isOrderable(value))
      return rejected(value, 'wanted the name of a host, in lower case, that is not one of ours');
    if (value !== account.network && !account.names.includes(value))
      return rejected(value, `network "${account.network}" was not registered with this name`);
    names.add(value);
  }
  return ok([...names].sort());
}

/** The certificate gets the order's names whatever is asked; asking for others is refused all the same (RFC 8555 7.4). */
export function checkRequestNames(request: SigningRequest, order: Order): Result<void, Refusal> {
  const bad = (what: string): Result<never, Refusal> => refuse('invalid', 'badCSR', `finalize: ${what}`);
  const common = request.subject.filter(({ type }) => type === OID.commonName);
  if (common.length !== request.subject.length || common.some(({ value }) => !order.names.includes(value)))
    return bad('wanted no subject but a common name of the order');
  const asked = request.alternativeNames ?? [];
  if (asked.some(({ kind }) => kind !== 'dns')) return bad('wanted DNS names only');
  const names = new Set([...asked.map(({ value }) => value), ...common.map(({ value }) => value)]);
  const same = names.size === order.names.length && order.names.every((name) => names.has(name));
  return same ? ok(undefined) : bad('wanted exactly the names of the order');
}
