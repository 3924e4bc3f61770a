/** 802.1X of a camera's cable, as `network_settings.cgi` shows and takes it. */
import { ok, type Refusal, type Result } from '@cityward/kernel';
import { numberOf } from './camera-api.ts';
import type { CameraAsk } from './camera-asks.ts';
import { change, read } from './camera-calls.ts';
import type { CameraWork } from './camera-work.ts';

const NETWORK = '/axis-cgi/network_settings.cgi';
const DEVICE = 'eth0';
export const EAP_TLS = 'WPA-Enterprise-EAPTLS';
export const WIRED_READ: CameraAsk = { kind: 'json', path: NETWORK, call: 'getNetworkInfo' };
/** HTTP: not found, gone. JSON: no such method. */
const NO_SUCH: readonly number[] = [404, 405, 410, 2_004];

export interface Wired {
  readonly enabled: boolean;
  /** Whether its port has let it in, in the camera's own word; null where it does not say. */
  readonly status: string | null;
  readonly identity: string | null;
  readonly certClient: string | null;
  readonly certsCA: readonly string[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const text = (value: unknown): string | null => (typeof value === 'string' && value.length <= 300 ? value : null);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Null where the camera has no 802.1X on its cable. */
export function wiredIn(data: unknown): Wired | null {
  const device = list(own(data, 'devices')).find((one) => own(one, 'name') === DEVICE);
  const found = own(own(device, 'wired'), '8021X');
  if (!isRecord(found)) return null;
  const eapTls = list(found['configurations']).find((one) => own(one, 'mode') === EAP_TLS);
  const params = own(eapTls, 'params');
  return {
    enabled: found['enabled'] === true,
    status: text(found['status']),
    identity: text(own(params, 'identity')),
    certClient: text(own(params, 'certClient')),
    certsCA: list(own(params, 'certsCA')).filter((one): one is string => typeof one === 'string'),
  };
}

export async function readWired(work: CameraWork): Promise<Result<Wired | null, Refusal>> {
  const info = await read(work, WIRED_READ, 'read the network of the camera');
  if (info.ok) return ok(wiredIn(info.value));
  return NO_SUCH.includes(numberOf(info.error) ?? 0) ? ok(null) : info;
}

export async function setWired(
  work: CameraWork,
  wanted: Pick<Wired, 'enabled'> & Partial<Wired>,
): Promise<Result<void, Refusal>> {
  const { enabled, identity, certClient, certsCA } = wanted;
  const eap = { mode: EAP_TLS, identity, eapolVersion: 'EAPoLv3', certClient, certsCA };
  const params = { deviceName: DEVICE, enabled, ...(enabled ? eap : {}) };
  const ask = { kind: 'json', path: NETWORK, call: 'setWired8021XConfiguration', params } as const;
  const set = await change(work, ask, 'set 802.1X');
  return set.ok ? ok(undefined) : set;
}
