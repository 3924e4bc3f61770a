/** Other hardware in the same place: a procedure of steps that each may be done again, gone on with after a kill, and undone. */
import type { Hardware, Replacement } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { LeavingNeeds } from './leaving-needs.ts';
import * as store from './store-leaving.ts';

export interface Replacing {
  readonly device: string;
  readonly hardware: Hardware;
  readonly reason: string;
  readonly by: string;
}
export interface Replacements {
  /** Goes on with what a kill left. */
  start(): Promise<void>;
  replace(replacing: Replacing): Promise<Result<Replacement, Refusal>>;
  undo(
    device: string,
    because: { readonly reason: string; readonly by: string },
  ): Promise<Result<Replacement, Refusal>>;
  /** The device came in with an identity that is in force. */
  cameIn(device: string): Promise<void>;
}

/** @param retiring why the device is on its way out for good; null when it is not */
export function createReplacements(
  needs: LeavingNeeds,
  retiring: (device: string) => Promise<string | null>,
): Replacements {
  const { sql, log, ports } = needs;
  return {
    start: async () => {
      for (const one of await store.openReplacements(sql)) {
        if (one.state === 'begun') await goOn(needs, one);
        if (one.state === 'undoing') await goBack(needs, one);
        if (one.state === 'waiting' && ports.standing(one.device) === 'active') await ended(needs, one);
      }
      ports.onActive((device) => {
        openOf(needs, device)
          .then((one) => (one?.state === 'waiting' ? ended(needs, one) : undefined))
          .catch((fault: unknown) =>
            log.warn('the end of a replacement is not saved', { device, fault: String(fault) }),
          );
      });
    },
    replace: (replacing) => replace(needs, replacing, retiring),
    undo: (device, because) => undo(needs, device, because),
    cameIn: async (device) => {
      const one = await openOf(needs, device);
      if (one?.state === 'waiting') await ended(needs, one);
    },
  };
}

const openOf = async ({ sql }: LeavingNeeds, device: string): Promise<Replacement | null> =>
  (await store.replacementsOf(sql, device)).find(({ ended: at }) => at === null) ?? null;

const sameThing = (a: Hardware, b: Hardware): boolean =>
  a.serial === b.serial && a.mac === b.mac && a.model === b.model && a.firmware === b.firmware;

async function replace(
  needs: LeavingNeeds,
  { device, hardware: after, reason, by }: Replacing,
  retiring: (device: string) => Promise<string | null>,
): Promise<Result<Replacement, Refusal>> {
  const { sql, clock, ports } = needs;
  const before = ports.hardware(device);
  if (!before) return refuse('not-found', 'DEVICE_UNKNOWN', `replace "${device}": the city has no such device`);
  const retired = await retiring(device);
  if (retired !== null) return refuse('conflict', 'DEVICE_RETIRED', `replace "${device}": ${retired}`);
  if (await openOf(needs, device))
    return refuse('conflict', 'REPLACEMENT_OPEN', `replace "${device}": a replacement of it is under way already`);
  const owner = after.serial === null ? null : ports.deviceBySerial(after.serial);
  if (owner !== null && owner !== device)
    return refuse('conflict', 'SERIAL_TAKEN', `replace "${device}": serial "${after.serial}" is of "${owner}"`);
  if (after.serial !== null && after.serial.toLowerCase() === before.serial?.toLowerCase())
    return refuse(
      'conflict',
      'SAME_HARDWARE',
      `replace "${device}": "${after.serial}" is what stands there, another wanted`,
    );
  const at = clock();
  const certificate = ports.held(device).certificate;
  const one: Replacement = {
    id: newId<string>('rpl'),
    device,
    state: 'begun',
    before,
    after,
    certificate,
    reason,
    by,
    at,
    ended: null,
  };
  await sql.transact(async (tx) => {
    await store.insertReplacement(tx, one);
    await needs.gate.forget(tx, device);
    const data = { replacement: one.id, before: { ...before }, after: { ...after }, certificate, reason };
    tx.record({ module: 'fleet', type: 'device.replaced', actor: by, subject: device, at, data });
  });
  return goOn(needs, one);
}

/** From `begun` to `waiting`: the identity first, since until then the hardware before could still speak. */
async function goOn(needs: LeavingNeeds, one: Replacement): Promise<Result<Replacement, Refusal>> {
  const { sql, ports } = needs;
  const { device, reason, by, after } = one;
  const ending = await endIdentity(needs, one);
  if (!ending.ok) return ending;
  const set = await ports.setHardware(device, after, { reason, by });
  if (!set.ok) return set;
  await needs.forgetRunning(device);
  await sql.transact((tx) => store.moveReplacement(tx, one.id, { from: 'begun', to: 'waiting', ended: null }));
  return ok({ ...one, state: 'waiting' });
}

async function endIdentity({ ports }: LeavingNeeds, one: Replacement): Promise<Result<void, Refusal>> {
  return ports.end(one.device, { as: 'replaced', reason: one.reason, by: one.by });
}

async function undo(
  needs: LeavingNeeds,
  device: string,
  { reason, by }: { readonly reason: string; readonly by: string },
): Promise<Result<Replacement, Refusal>> {
  const one = await openOf(needs, device);
  if (one?.state !== 'waiting')
    return refuse(
      'conflict',
      'NO_REPLACEMENT',
      `undo the replacement of "${device}": none waits for its hardware, wanted one that does`,
    );
  const at = needs.clock();
  const mine = await needs.sql.transact(async (tx) => {
    if (!(await store.moveReplacement(tx, one.id, { from: 'waiting', to: 'undoing', ended: null }))) return false;
    await needs.gate.forget(tx, device);
    const data = { replacement: one.id, reason };
    tx.record({ module: 'fleet', type: 'replacement.undone', actor: by, subject: device, at, data });
    return true;
  });
  if (!mine)
    return refuse(
      'conflict',
      'NO_REPLACEMENT',
      `undo the replacement of "${device}": its hardware has come in meanwhile`,
    );
  return goBack(needs, one);
}

/** The hardware before stands there again. Its identity has ended all the same: it comes in by a new code, as anybody does. */
async function goBack(needs: LeavingNeeds, one: Replacement): Promise<Result<Replacement, Refusal>> {
  const { sql, clock, ports } = needs;
  // Once more, so that a code that was issued for the new hardware is of no use.
  const ending = await endIdentity(needs, one);
  if (!ending.ok) return ending;
  const set = await ports.setHardware(one.device, one.before, { reason: one.reason, by: one.by });
  if (!set.ok && !sameThing(ports.hardware(one.device) ?? one.after, one.before)) return set;
  const at = clock();
  await sql.transact((tx) => store.moveReplacement(tx, one.id, { from: 'undoing', to: 'undone', ended: at }));
  return ok({ ...one, state: 'undone', ended: at });
}

async function ended({ sql, clock }: LeavingNeeds, one: Replacement): Promise<void> {
  const at = clock();
  await sql.transact(async (tx) => {
    if (!(await store.moveReplacement(tx, one.id, { from: 'waiting', to: 'done', ended: at }))) return;
    const data = { replacement: one.id };
    tx.record({ module: 'fleet', type: 'replacement.ended', actor: one.device, subject: one.device, at, data });
  });
}
