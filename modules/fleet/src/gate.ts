/** The commissioning gate: asks gateways to look, keeps what was seen, judges it, and lets checks be for a time. */
import { Compile } from 'typebox/compile';
import {
  EXCEPTION_MAX_DAYS,
  PROBE_RESULT_MAX_BYTES,
  ProbeResult,
  type FirmwareTrack,
  type Gate,
  type GateCheck,
  type GateCheckName,
} from '@cityward/contracts';
import { DAY_MS, MINUTE_MS, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { isSettled, judge, type Observed, type SelfSeen, type UplinkSeen } from './domain/gate/checks.ts';
import type { GateDevice, GateNeeds } from './gate-needs.ts';
import * as store from './store-gate.ts';

/** A gateway that has not answered by then will be asked anew. */
export const PROBE_WAIT_MS = MINUTE_MS;
const PROBES_OPEN_MAX = 1_000;
const GATES_SHOWN_MAX = 200;

/** Whoever acts, and why where it must be said. */
export interface Exception {
  readonly device: string;
  readonly check: GateCheckName;
  readonly owner: string;
  readonly until: number;
  readonly reason: string;
  readonly by: string;
}

export interface CommissioningGate {
  /** Devices that are being commissioned. */
  list(): Promise<readonly Gate[]>;
  of(device: string): Promise<Result<Gate, Refusal>>;
  /** Asks the gateway of the device's site to look; the answer comes later. */
  test(device: string, by: string): Promise<Result<Gate, Refusal>>;
  except(exception: Exception): Promise<Result<Gate, Refusal>>;
  withdraw(key: Pick<Exception, 'device' | 'check' | 'reason' | 'by'>): Promise<Result<Gate, Refusal>>;
  /** What a gateway answered: taken once, and only from the gateway that was asked, about the device that it was asked about. */
  probed(gateway: string, payload: Uint8Array): Promise<Result<void, Refusal>>;
  /** The device said this of itself. */
  heard(device: string, said: { readonly clock: number | null; readonly firmware: string | null }): void;
  /** The device's own connection began. */
  connected(device: string, link: { readonly protocol: string; readonly cipher: string }): void;
  /** Other hardware stands there now, or none: what was seen of the one before says nothing, and it leaves the list. */
  forget(tx: Tx, device: string): Promise<void>;
  tracks(): Promise<readonly FirmwareTrack[]>;
  setTrack(track: Omit<FirmwareTrack, 'at'> & { readonly reason: string }): Promise<Result<FirmwareTrack, Refusal>>;
}

interface Asked {
  readonly id: string;
  readonly device: string;
  readonly gateway: string;
  readonly at: number;
  /** Its answer came and is being saved: a second one is none, and until then it still looks. */
  readonly answered: boolean;
}
interface Memory extends GateNeeds {
  readonly self: Map<string, SelfSeen>;
  readonly uplinks: Map<string, UplinkSeen>;
  /** By the order's id. */
  readonly asked: Map<string, Asked>;
  readonly told: (tx: Tx, device: string, checks: readonly GateCheck[]) => Promise<void>;
}

const probeResult = Compile(ProbeResult);

export function createGate(needs: GateNeeds): CommissioningGate {
  const memory: Memory = {
    ...needs,
    self: new Map(),
    uplinks: new Map(),
    asked: new Map(),
    told: (tx, device, checks) => tellChanges(tx, { device, checks, at: needs.clock() }),
  };
  const { sql, clock, ports } = needs;
  return {
    list: async () => {
      const gates: Gate[] = [];
      for (const device of await store.commissioned(sql, GATES_SHOWN_MAX)) {
        const known = ports.device(device);
        if (known) gates.push(await viewOf(memory, known));
      }
      return gates;
    },
    of: async (device) => {
      const known = found(memory, device);
      return known.ok ? ok(await viewOf(memory, known.value)) : known;
    },
    test: (device, by) => test(memory, device, by),
    except: (exception) => except(memory, exception),
    withdraw: (key) => withdraw(memory, key),
    probed: (gateway, payload) => probed(memory, gateway, payload),
    heard: (device, said) => {
      const before = memory.self.get(device);
      memory.self.set(device, { at: clock(), clock: said.clock, firmware: said.firmware ?? before?.firmware ?? null });
    },
    connected: (device, link) => void memory.uplinks.set(device, { at: clock(), ...link }),
    forget: async (tx, device) => {
      await store.forgetSeen(tx, device);
      await store.voidHandover(tx, device, clock());
      memory.self.delete(device);
      memory.uplinks.delete(device);
      for (const [id, one] of memory.asked) if (one.device === device) memory.asked.delete(id);
    },
    tracks: () => store.tracks(sql),
    setTrack: (track) => setTrack(memory, track),
  };
}

function found({ ports }: Memory, device: string): Result<GateDevice, Refusal> {
  const known = ports.device(device);
  return known
    ? ok(known)
    : refuse('not-found', 'DEVICE_UNKNOWN', `find device "${device}": the city has no such device`);
}

async function viewOf(memory: Memory, device: GateDevice): Promise<Gate> {
  const { sql, clock, ports, asked } = memory;
  const now = clock();
  // Before the checks are read: a look that ends meanwhile must not be shown as over beside what stood before it.
  const looking = [...asked.values()].find((one) => one.device === device.id && now - one.at < PROBE_WAIT_MS);
  const checks = await checksOf(memory, device);
  const [standing] = (await store.handoversOf(sql, device.id)).filter((one) => one.void === null);
  const open = checks.filter((check) => !isSettled(check, now)).length;
  const handover = standing
    ? { id: standing.id, hash: standing.hash, at: standing.at, installer: standing.installer }
    : null;
  const identity = ports.identity(device.id);
  const state = handover ? 'handed-over' : identity === null ? 'not-enrolled' : open === 0 ? 'ready' : 'testing';
  return {
    device: device.id,
    state,
    words: wordsOf(state, open),
    checks: [...checks],
    gateway: ports.gatewayOf(device.id),
    looking: looking?.at ?? null,
    handover,
  };
}

function wordsOf(state: Gate['state'], open: number): string {
  switch (state) {
    case 'not-enrolled':
      return 'It has no certificate of the city that is in force: enrol it first';
    case 'ready':
      return 'Every check is green or let be: it may be handed over';
    case 'handed-over':
      return open === 0
        ? 'It was handed over to the city'
        : `It was handed over to the city; ${open === 1 ? 'one check is' : `${open} checks are`} not green today`;
    case 'testing':
      return open === 1 ? 'One check is not green' : `${open} checks are not green`;
  }
}

/** @param reader the transaction, within one */
async function checksOf(
  { sql, clock, ports, self, uplinks }: Memory,
  device: GateDevice,
  reader: Pick<Tx, 'for'> = sql,
): Promise<GateCheck[]> {
  const now = clock();
  const exceptions = await store.exceptionsOf(reader, device.id);
  const observed: Observed = {
    class: device.class,
    gateway: ports.gatewayOf(device.id),
    probe: await store.probeOf(reader, device.id),
    self: self.get(device.id) ?? null,
    uplink: uplinks.get(device.id) ?? null,
    baseline: ports.baseline(device.id),
    track: await store.trackFor(reader, device),
  };
  return judge(observed, now).map((one) => {
    const exception = exceptions.get(one.check) ?? null;
    return { ...one, exception: exception && exception.until > now ? exception : null };
  });
}

/** A fact for each check that stands otherwise than it was told. */
async function tellChanges(
  tx: Tx,
  { device, checks, at }: { device: string; checks: readonly GateCheck[]; at: number },
): Promise<void> {
  const before = await store.toldStates(tx, device);
  for (const { check, state, why, by, evidence } of checks) {
    if ((before.get(check) ?? 'unknown') === state) continue;
    await store.putTold(tx, { device, check, state, at });
    const data = { check, state, reason: why, evidence };
    tx.record({ module: 'fleet', type: 'gate.checked', actor: by ?? 'system', subject: device, at, data });
  }
}

async function test(memory: Memory, device: string, by: string): Promise<Result<Gate, Refusal>> {
  const { sql, clock, ports, asked, log } = memory;
  const known = found(memory, device);
  if (!known.ok) return known;
  const at = clock();
  const order = askFor(memory, device, at);
  if (order && !order.ok) return order;
  await sql.transact(async (tx) => {
    await store.beginCommissioning(tx, device, { at, by });
    await memory.told(tx, device, await checksOf(memory, known.value, tx));
  });
  if (order) {
    const { id, gateway } = order.value;
    try {
      await ports.ask(gateway, { order: 'probe', id, device, until: at + PROBE_WAIT_MS });
    } catch (fault) {
      asked.delete(id);
      log.warn('a gateway could not be asked to look at a device', { gateway, device, fault: String(fault) });
      return refuse(
        'unavailable',
        'GATEWAY_AWAY',
        `test "${device}": its gateway "${gateway}" is not connected, wanted one that is`,
      );
    }
  }
  return ok(await viewOf(memory, known.value));
}

/** Null where no gateway serves the site: what the device says of itself is all there is. */
function askFor({ ports, asked }: Memory, device: string, at: number): Result<Asked, Refusal> | null {
  const gateway = ports.gatewayOf(device);
  if (gateway === null) return null;
  for (const [id, one] of asked) if (at - one.at >= PROBE_WAIT_MS || one.device === device) asked.delete(id);
  if (asked.size >= PROBES_OPEN_MAX)
    return refuse(
      'unavailable',
      'TOO_MANY_PROBES',
      `test "${device}": ${asked.size} looks are under way, wanted fewer`,
    );
  const one = { id: newId<string>('prb'), device, gateway, at, answered: false };
  asked.set(one.id, one);
  return ok(one);
}

async function probed(memory: Memory, gateway: string, payload: Uint8Array): Promise<Result<void, Refusal>> {
  const { clock, asked } = memory;
  const read = readProbe(gateway, payload);
  if (!read.ok) return read;
  const result = read.value;
  const one = asked.get(result.id);
  const at = clock();
  if (!one || one.answered || one.gateway !== gateway || one.device !== result.device || at - one.at > PROBE_WAIT_MS)
    return refuse(
      'forbidden',
      'NOT_ASKED',
      `take what "${gateway}" saw of "${result.device}": it was not asked, or answered too late`,
    );
  asked.set(one.id, { ...one, answered: true }); // once, whatever becomes of it
  try {
    return await keepProbe(memory, one, { gateway, at, result });
  } finally {
    asked.delete(one.id);
  }
}

type Seen = Parameters<typeof store.putProbe>[2];

async function keepProbe(memory: Memory, { device }: Asked, seen: Seen): Promise<Result<void, Refusal>> {
  const known = found(memory, device);
  if (!known.ok) return known;
  const { gateway } = seen;
  if (memory.ports.gatewayOf(device) !== gateway)
    return refuse(
      'forbidden',
      'NOT_ITS_GATEWAY',
      `take what "${gateway}" saw of "${device}": it no longer serves its site`,
    );
  await memory.sql.transact(async (tx) => {
    await store.putProbe(tx, device, seen);
    await memory.told(tx, device, await checksOf(memory, known.value, tx));
  });
  return ok(undefined);
}

function readProbe(gateway: string, payload: Uint8Array): Result<ProbeResult, Refusal> {
  const wrong = (why: string): Result<never, Refusal> =>
    refuse('invalid', 'PROBE_RESULT', `read what "${gateway}" saw: ${why}`);
  if (payload.length > PROBE_RESULT_MAX_BYTES)
    return wrong(`${payload.length} bytes, wanted at most ${PROBE_RESULT_MAX_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return wrong('it is no JSON');
  }
  return probeResult.Check(value) ? ok(value) : wrong('it is no answer to a look');
}

async function except(memory: Memory, exception: Exception): Promise<Result<Gate, Refusal>> {
  const { sql, clock } = memory;
  const { device, check, owner, until, reason, by } = exception;
  const known = found(memory, device);
  if (!known.ok) return known;
  const at = clock();
  if (until <= at || until > at + EXCEPTION_MAX_DAYS * DAY_MS)
    return refuse(
      'invalid',
      'EXCEPTION_END',
      `except "${device}" from "${check}": an end within ${EXCEPTION_MAX_DAYS} days is wanted`,
    );
  await sql.transact(async (tx) => {
    await store.beginCommissioning(tx, device, { at, by });
    await store.putException(tx, { device, check }, { owner, until, reason, by, at });
    const data = { check, owner, until, reason };
    tx.record({ module: 'fleet', type: 'gate.excepted', actor: by, subject: device, at, data });
  });
  return ok(await viewOf(memory, known.value));
}

async function withdraw(
  memory: Memory,
  { device, check, reason, by }: Pick<Exception, 'device' | 'check' | 'reason' | 'by'>,
): Promise<Result<Gate, Refusal>> {
  const { sql, clock } = memory;
  const known = found(memory, device);
  if (!known.ok) return known;
  const at = clock();
  const gone = await sql.transact(async (tx) => {
    if (!(await store.dropException(tx, { device, check }))) return false;
    const data = { check, reason };
    tx.record({ module: 'fleet', type: 'gate.exception-withdrawn', actor: by, subject: device, at, data });
    return true;
  });
  if (gone) return ok(await viewOf(memory, known.value));
  return refuse('not-found', 'NO_EXCEPTION', `withdraw exception of "${device}" from "${check}": there is none`);
}

async function setTrack(
  { sql, clock }: Memory,
  { reason, ...given }: Omit<FirmwareTrack, 'at'> & { readonly reason: string },
): Promise<Result<FirmwareTrack, Refusal>> {
  if (given.track !== null && !given.least.startsWith(given.track))
    return refuse(
      'invalid',
      'TRACK_NOT_ITS_OWN',
      `set firmware of ${given.class} "${given.model}": "${given.least}" is not of the track "${given.track}"`,
    );
  const track: FirmwareTrack = { ...given, at: clock() };
  await sql.transact(async (tx) => {
    await store.putTrack(tx, track);
    const data = { model: track.model, least: track.least, track: track.track, reason };
    tx.record({
      module: 'fleet',
      type: 'firmware-track.set',
      actor: track.by,
      subject: track.class,
      at: track.at,
      data,
    });
  });
  return ok(track);
}
