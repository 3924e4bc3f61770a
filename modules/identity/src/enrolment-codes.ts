/** One-time enrolment codes: issued in bulk, checked without telling why one is refused. */
import { isId, MINUTE_MS, OperationalFault, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { hashOf, newCode, normaliseCode, sameHash } from './codes.ts';
import { CODE_LIFE_MS } from './domain/enrolment.ts';
import type { CodeClaim, EnrolmentParts, IssuedCode } from './enrolment.ts';
import { createLimiter } from './limiter.ts';
import type { Code } from './register.ts';
import * as store from './store.ts';

const CODE_SYMBOLS = 28; // 140 bits
const CODE_GROUP = 7;
const CODES_PER_FACT = 1_000;
const PAIR_FAILURES_MAX = 10;
const ADDRESS_FAILURES_MAX = 2_000; // one address may stand for a whole site of devices that lost their keys at once
const FAILURE_WINDOW_MS = 10 * MINUTE_MS;
const LIMITER_KEYS_MAX = 10_000;
const NOTHING_SHOWN = { serial: null, maker: null, subject: null, keyHash: null } as const;
const NO_CODE_HASH = hashOf('no code');

/** The device of a code that could be used now; the same refusal for every cause. Uses nothing up. */
export type CodeCheck = (claim: CodeClaim) => Result<string, Refusal>;

export function createCodeCheck({ clock, register, holder, refusals, discoveries }: EnrolmentParts): CodeCheck {
  const limiter = (failuresMax: number) =>
    createLimiter({ failuresMax, windowMs: FAILURE_WINDOW_MS, keysMax: LIMITER_KEYS_MAX });
  const pairs = limiter(PAIR_FAILURES_MAX);
  const addresses = limiter(ADDRESS_FAILURES_MAX);
  return ({ device, code: given, address }) => {
    const now = clock();
    const pair = `${address} ${device}`;
    const waitMs = Math.max(pairs.waitMs(pair, now), addresses.waitMs(address, now));
    if (waitMs > 0)
      return refuse(
        'unavailable',
        'TOO_MANY_ATTEMPTS',
        `enrol: too many failed attempts, wanted none for ${Math.ceil(waitMs / 1_000)} seconds`,
      );
    const known = register.code(device);
    const same = sameHash(hashOf(device, normaliseCode(given)), known?.hash ?? NO_CODE_HASH);
    if (known && same && known.used === null && known.expires > now && holder(device)) return ok(device);
    pairs.failed(pair, now);
    addresses.failed(address, now);
    if (isId(device) && !holder(device))
      discoveries.saw({ ...NOTHING_SHOWN, why: 'id-unknown', way: 'code', claimed: device, address });
    const code = same && known?.used != null ? 'CODE_USED' : 'CODE_NOT_VALID';
    refusals.note(device, { way: 'EST', code, address });
    return refuse(
      'forbidden',
      'CODE_NOT_VALID',
      'enrol: wanted the id of a device and its one-time code, unused and at most 24 hours old',
    );
  };
}

/** New codes for devices of the city, each replacing the one before. Throws when the city has no such device. */
export async function issueCodes(
  { sql, clock, register, holder }: EnrolmentParts,
  devices: readonly string[],
  { by, approval = false }: { readonly by: string; readonly approval?: boolean },
): Promise<readonly IssuedCode[]> {
  const wanted = [...new Set(devices)];
  const unknown = wanted.find((device) => !holder(device));
  if (unknown !== undefined) throw new OperationalFault(`issue enrolment code: "${unknown}" is no device of the city`);
  const retired = wanted.find((device) => {
    const restriction = register.restriction(device);
    return restriction?.kind === 'ended' && restriction.as === 'retired';
  });
  if (retired !== undefined) throw new OperationalFault(`issue enrolment code: "${retired}" is retired`);
  const issued = clock();
  const expires = issued + CODE_LIFE_MS;
  const codes = wanted.map((device) => {
    const code = newCode(CODE_SYMBOLS, CODE_GROUP);
    return { device, code, hash: hashOf(device, normaliseCode(code)) };
  });
  await sql.transact(async (tx) => {
    const db = tx.for<store.DeviceTables>();
    await store.addDevices(db, wanted);
    await store.putCodes(
      db,
      codes.map(({ device, hash }) => ({ device, hash, issued, expires, approval })),
    );
    for (let from = 0; from < wanted.length; from += CODES_PER_FACT) {
      const part = wanted.slice(from, from + CODES_PER_FACT);
      const subject = part.length === 1 ? part[0]! : 'city';
      const fact = { module: 'identity', type: 'enrolment-code.issued', actor: by, subject, at: issued } as const;
      tx.record({ ...fact, data: { devices: part, expires, approval } });
    }
  });
  for (const { device, hash } of codes)
    register.setCode(device, { hash, issued, expires, used: null, approval } satisfies Code);
  return codes.map(({ device, code }) => ({ device, code, expires }));
}
