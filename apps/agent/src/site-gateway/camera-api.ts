/** What the gateway reads from a camera and does to it, in its own terms; every refusal of a camera in words. */
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { findXml, parseXml } from '../camera-wire/xml.ts';
import { PATHS, type CameraAsk, type Image } from './camera-asks.ts';
import type { CameraAnswer, CameraClient, Permit } from './camera-client.ts';

export interface CameraInfo {
  readonly model: string;
  readonly serial: string;
  readonly version: string;
}
export interface FirmwareStatus {
  readonly version: string;
  /** AXIS OS spells it `isCommited`; true where the camera does not say. */
  readonly isCommitted: boolean;
  readonly inactive: string | null;
}
export interface UpgradeParams {
  readonly autoCommit: 'never' | 'boot' | 'started';
  readonly autoRollback: string;
  readonly factoryDefaultMode: 'none';
}

/** Numbers of `firmwaremanagement.cgi`; others are told as they came. */
const FIRMWARE_ERRORS: Readonly<Record<number, string>> = {
  400: 'it says that the request is not valid',
  405: 'it does not know this operation',
  409: 'it takes older firmware only with a factory default, which would erase its account',
  410: 'the maker has revoked this firmware',
  412: 'its last upgrade has not been committed yet',
  415: 'it does not take the file for firmware',
  417: 'it does not speak this version of the interface',
  421: 'the firmware is for another product',
  422: 'the firmware is not signed by its maker',
  423: 'it is busy with something else',
  424: 'the firmware is signed with a certificate that it does not know',
  500: 'it had an error of its own',
};

export interface CameraSaysNo extends Refusal<'CAMERA_REFUSED'> {
  /** The camera's own number for it. */
  readonly number: number;
}
export const saysNo = (
  what: string,
  number: number,
  words: string,
): { readonly ok: false; readonly error: CameraSaysNo } =>
  err({
    kind: number === 423 || number >= 500 ? 'unavailable' : 'conflict',
    code: 'CAMERA_REFUSED',
    message: `${what}: ${words} (${number})`,
    number,
  });
/** The camera's own number; null for a refusal that is not a camera's. */
export const numberOf = (refusal: Refusal): number | null => (refusal as Partial<CameraSaysNo>).number ?? null;

const unreadable = (what: string): { readonly ok: false; readonly error: Refusal } =>
  refuse('invalid', 'CAMERA_ANSWER_UNREADABLE', `${what}: the camera's answer cannot be read`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `data` of a JSON or REST answer; the camera's own error as a refusal. */
export function readData(what: string, { status, body }: CameraAnswer): Result<unknown, Refusal> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return status === 200 ? unreadable(what) : saysNo(what, status, 'it answers without saying why');
  }
  if (!isRecord(value)) return unreadable(what);
  const fault = value['error'];
  if (isRecord(fault) && typeof fault['code'] === 'number') {
    const { code, message } = fault;
    return saysNo(what, code, FIRMWARE_ERRORS[code] ?? String(message ?? 'it does not say why').slice(0, 200));
  }
  return status >= 200 && status < 300 ? ok(value['data']) : saysNo(what, status, 'it answers without saying why');
}

const textOf = (value: unknown, name: string): string | null => {
  const found = isRecord(value) ? value[name] : undefined;
  return typeof found === 'string' && found.length <= 200 ? found : null;
};

const PARAMETER_LINE = /^(?:root\.)?([A-Za-z0-9][A-Za-z0-9_.]{0,199})=(.*)$/u;
const PARAMETERS_MAX = 10_000;

/** Lines of `param.cgi`: with or without `root.`, and lines about groups that are not there, which are left out. */
export function readParameters(body: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of body.split(/\r?\n/u)) {
    const match = PARAMETER_LINE.exec(line);
    if (match && found.size < PARAMETERS_MAX) found.set(match[1]!, match[2]!);
  }
  return found;
}

const call = (
  path: string,
  name: string,
  params?: Readonly<Record<string, unknown>>,
): CameraAsk & { readonly kind: 'json' } => ({
  kind: 'json',
  path,
  call: name,
  ...(params ? { params } : {}),
});

async function readJson(client: CameraClient, ask: CameraAsk, what: string): Promise<Result<unknown, Refusal>> {
  const answer = await client.read(ask);
  return answer.ok ? readData(what, answer.value) : answer;
}

export const BASIC_INFO = '/axis-cgi/basicdeviceinfo.cgi';

/** Asked without an account: who is this, and what does it run? */
export async function readInfo(client: CameraClient): Promise<Result<CameraInfo, Refusal>> {
  const what = 'read what the camera is';
  const data = await readJson(client, { ...call(BASIC_INFO, 'getAllUnrestrictedProperties'), isOpen: true }, what);
  if (!data.ok) return data;
  const list = isRecord(data.value) ? data.value['propertyList'] : null;
  const [model, serial, version] = ['ProdNbr', 'SerialNumber', 'Version'].map((name) => textOf(list, name));
  return model && serial && version ? ok({ model, serial, version }) : unreadable(what);
}

/** Asked without an account: is it as it left the factory, with nobody set up on it? */
export async function needsSetup(client: CameraClient): Promise<Result<boolean, Refusal>> {
  const what = 'read whether the camera is set up';
  const ask = { ...call('/axis-cgi/systemready.cgi', 'systemready', { timeout: 10 }), isOpen: true };
  const data = await readJson(client, ask, what);
  if (!data.ok) return data;
  const answer = textOf(data.value, 'needsetup');
  return answer === 'yes' || answer === 'no' ? ok(answer === 'yes') : unreadable(what);
}

export async function readFirmware(client: CameraClient): Promise<Result<FirmwareStatus, Refusal>> {
  const what = 'read the firmware of the camera';
  const data = await readJson(client, call(PATHS.firmware, 'status'), what);
  if (!data.ok) return data;
  const version = textOf(data.value, 'activeFirmwareVersion');
  if (version === null) return unreadable(what);
  const isCommitted = isRecord(data.value) ? data.value['isCommited'] !== false : true;
  return ok({ version, isCommitted, inactive: textOf(data.value, 'inactiveFirmwareVersion') });
}

/** @param groups such as `System.BoaGroupPolicy`; all parameters where there is none */
export async function readAllParameters(
  client: CameraClient,
  groups: readonly string[] = [],
): Promise<Result<ReadonlyMap<string, string>, Refusal>> {
  const query = { action: 'list', ...(groups.length > 0 ? { group: groups.join(',') } : {}) };
  const answer = await client.read({ kind: 'get', path: PATHS.parameters, query });
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  return status === 200 ? ok(readParameters(body)) : saysNo('read the parameters', status, 'it does not list them');
}

/** The camera's clock, asked for without an account over ONVIF, which every brand answers. */
export async function readClock(client: CameraClient): Promise<Result<number, Refusal>> {
  const what = 'read the clock of the camera';
  const answer = await client.read({ kind: 'onvif', operation: 'GetSystemDateAndTime' });
  if (!answer.ok) return answer;
  const root = parseXml(answer.value.body);
  const utc = root && findXml(root, 'UTCDateTime');
  if (!utc) return unreadable(what);
  const part = (name: string): number => Number(findXml(utc, name)?.text ?? Number.NaN);
  const at = Date.UTC(part('Year'), part('Month') - 1, part('Day'), part('Hour'), part('Minute'), part('Second'));
  return Number.isNaN(at) ? unreadable(what) : ok(at);
}

export async function startUpgrade(
  client: CameraClient,
  { params, image }: { readonly params: UpgradeParams; readonly image: Image },
  permit: Permit,
): Promise<Result<void, Refusal>> {
  const answer = await client.change({ kind: 'upgrade', params: { ...params }, image }, permit);
  if (!answer.ok) return answer;
  const data = readData('upgrade the camera', answer.value);
  return data.ok ? ok(undefined) : data;
}

/** `commit`, `rollback`, `reboot` and the like: done or refused. */
export async function manageFirmware(
  client: CameraClient,
  name: string,
  permit: Permit,
): Promise<Result<void, Refusal>> {
  return doWith(client, call(PATHS.firmware, name), permit);
}

/** Everything that was ever set, accounts, keys and certificates among it; it starts anew then. */
export const factoryDefault = (client: CameraClient, permit: Permit): Promise<Result<void, Refusal>> =>
  doWith(client, call(PATHS.firmware, 'factoryDefault', { factoryDefaultMode: 'hard' }), permit);

async function doWith(
  client: CameraClient,
  ask: CameraAsk & { readonly kind: 'json' },
  permit: Permit,
): Promise<Result<void, Refusal>> {
  const answer = await client.change(ask, permit);
  if (!answer.ok) return answer;
  const data = readData(`do "${ask.call}" on the camera`, answer.value);
  return data.ok ? ok(undefined) : data;
}

export async function setParameters(
  client: CameraClient,
  values: ReadonlyMap<string, string>,
  permit: Permit,
): Promise<Result<void, Refusal>> {
  const fields: Record<string, string> = { action: 'update' };
  for (const [name, value] of values) fields[`root.${name}`] = value;
  const answer = await client.change({ kind: 'form', path: PATHS.parameters, fields }, permit);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  if (status === 200 && body.trim() === 'OK') return ok(undefined);
  return saysNo('set parameters', status, body.trim().slice(0, 200) || 'it does not say why');
}
