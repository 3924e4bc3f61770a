/**
 * 802.1X on a camera, in two steps that are two changes: first the clock, the city's authority and a certificate of the city are there
 * and good, then it is turned on. A port that does not let the camera in afterwards is waited for, and the first time that the camera
 * is reached again 802.1X goes off: otherwise only a person on a ladder would help.
 */
import { MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { CA_ALIAS, cityCertificate, newCertificate, trustCity } from './certificates.ts';
import { attempt, enter, looks, reach, type CameraWork } from './camera-work.ts';
import { checkCamera, checkClock } from './checks.ts';
import { readWired, setWired, type Wired } from './wired.ts';

type Values = Readonly<Record<string, unknown>>;
/** In the camera's own word. */
const SHUT = 'unauthorized';
const NAMES: readonly string[] = ['prepared', 'enabled', 'identity'];

interface Wanted {
  readonly prepared: boolean;
  readonly enabled: boolean | null;
  readonly identity: string | null;
}

function readWanted(values: Values): Result<Wanted, Refusal> {
  const { prepared = false, enabled = null, identity = null } = values;
  const isRight =
    Object.keys(values).every((name) => NAMES.includes(name)) &&
    typeof prepared === 'boolean' &&
    (enabled === null || typeof enabled === 'boolean') &&
    (identity === null || typeof identity === 'string');
  return isRight
    ? ok({ prepared, enabled, identity })
    : refuse(
        'invalid',
        'DOCUMENT_MALFORMED',
        'set 802.1X: wanted "prepared" and "enabled" to be true or false, and "identity" a text',
      );
}

/** The first step. It makes a certificate where the camera has none of the city; the second never does. */
async function prepare(work: CameraWork, mayCertify: boolean): Promise<Result<string, Refusal>> {
  const clock = await checkClock(work);
  if (!clock.ok) return clock;
  const trusted = await trustCity(work);
  if (!trusted.ok) return trusted;
  const there = await cityCertificate(work);
  if (there.ok || !mayCertify) return there;
  const made = await newCertificate(work, () => undefined);
  return made.ok ? cityCertificate(work) : made;
}

export async function setNetworkAccess(work: CameraWork, values: Values): Promise<Result<void, Refusal>> {
  const wanted = readWanted(values);
  if (!wanted.ok) return wanted;
  const { prepared, enabled, identity } = wanted.value;
  const wired = await readWired(work);
  if (!wired.ok) return wired;
  if (!wired.value) return refuse('not-found', 'NO_NETWORK_ACCESS', 'set 802.1X: the camera has no such interface');
  const ready = prepared || enabled ? await prepare(work, enabled !== true) : null;
  if (ready && !ready.ok) return ready;
  if (enabled === null) return ok(undefined);
  const eap = {
    certClient: ready?.value ?? null,
    certsCA: [CA_ALIAS],
    identity: identity ?? work.parts.record().device,
  };
  if (isSo(wired.value, { enabled, ...eap })) return ok(undefined);
  if (!enabled) {
    const off = await setWired(work, { enabled });
    return off.ok ? reachedAgain(work) : off;
  }
  // Written down first: a gateway whose power goes now must not take a shut port for a camera that it never changed.
  enter(work, 'restarting');
  const on = await setWired(work, { enabled, ...eap });
  return on.ok ? proveOrRescue(work) : on;
}

const isSo = (is: Wired, wanted: Pick<Wired, 'enabled' | 'certClient' | 'identity'>): boolean =>
  is.enabled === wanted.enabled &&
  (!wanted.enabled || (is.certClient === wanted.certClient && is.identity === wanted.identity));

async function reachedAgain(work: CameraWork): Promise<Result<void, Refusal>> {
  work.parts.client.hangUp();
  const proved = await reach(work, () => checkCamera(work));
  return proved?.ok
    ? ok(undefined)
    : refuse('conflict', 'NOT_PROVED', 'turn 802.1X off: the camera was not reached after it');
}

const minutes = (ms: number): number => Math.round(ms / MINUTE_MS);

/** Let in by its port, or brought back: reached by whatever way a person opened meanwhile, it goes off 802.1X at once. */
export async function proveOrRescue(work: CameraWork): Promise<Result<void, Refusal>> {
  const { client, timing } = work.parts;
  client.hangUp();
  const proved = await reach(work, () => checkCamera(work));
  const wired = proved?.ok ? await attempt(() => readWired(work)) : null;
  if (wired?.ok && !(wired.value?.enabled && wired.value.status === SHUT)) return ok(undefined);
  if (proved && !proved.ok) return proved;
  for await (const past of looks(work, timing.rescueMs)) {
    client.hangUp();
    const off = await attempt(() => rescue(work));
    if (off?.ok)
      return refuse(
        'conflict',
        'PORT_SHUT',
        `set 802.1X: its port did not let it in; it was reached another way after ${minutes(past)} minutes more, and 802.1X is off again`,
      );
    if (off && off.error.code === 'OTHER_CAMERA') return off;
  }
  return refuse(
    'conflict',
    'PORT_SHUT',
    `set 802.1X: its port has not let it in for ${minutes(timing.reachMs + timing.rescueMs)} minutes, and 802.1X is still on; open the port without it, then order it off`,
  );
}

async function rescue(work: CameraWork): Promise<Result<void, Refusal>> {
  const same = await checkCamera(work);
  return same.ok ? setWired(work, { enabled: false }) : same;
}
