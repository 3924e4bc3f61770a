/** Cameras of other makers over ONVIF: what they are, their clock, and StartFirmwareUpgrade. They have no commit and no way back. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { findXml, parseXml, type XmlNode } from '../camera-wire/xml.ts';
import type { Target } from '../update/progress.ts';
import { readClock, saysNo } from './camera-api.ts';
import type { OnvifOperation } from './camera-asks.ts';
import type { CameraAnswer, CameraClient, Permit } from './camera-client.ts';
import {
  attempt,
  enter,
  failWith,
  finish,
  looks,
  NOT_REACHED,
  permitOf,
  reach,
  type CameraWork,
} from './camera-work.ts';
import { fetchImage } from './upgrade.ts';

const DELAY_MAX_MS = 300_000;

export interface OnvifInfo {
  readonly serial: string;
  readonly version: string;
}

function readEnvelope(what: string, { status, body }: CameraAnswer): Result<XmlNode, Refusal> {
  const root = parseXml(body);
  const fault = root && findXml(root, 'Fault');
  if (fault) return saysNo(what, status, (findXml(fault, 'Text')?.text ?? 'it does not say why').slice(0, 200));
  if (!root || status !== 200) return saysNo(what, status, 'its answer cannot be read');
  return ok(root);
}

/** A UsernameToken is made with the camera's time, so its clock is read first. */
async function keepTime(client: CameraClient, now: number): Promise<void> {
  const clock = await readClock(client);
  if (clock.ok) client.clockOffMs = clock.value - now;
}

export async function readOnvifInfo(client: CameraClient, now: number): Promise<Result<OnvifInfo, Refusal>> {
  const what = 'read what the camera is';
  await keepTime(client, now);
  const answer = await client.read({ kind: 'onvif', operation: 'GetDeviceInformation' });
  const root = answer.ok ? readEnvelope(what, answer.value) : answer;
  if (!root.ok) return root;
  const [serial, version] = ['SerialNumber', 'FirmwareVersion'].map((name) => findXml(root.value, name)?.text ?? '');
  if (!serial || !version || version.length > 64)
    return refuse('invalid', 'CAMERA_ANSWER_UNREADABLE', `${what}: it does not say`);
  return ok({ serial, version });
}

export async function changeOverOnvif(
  client: CameraClient,
  operation: OnvifOperation,
  permit: Permit,
): Promise<Result<XmlNode, Refusal>> {
  const answer = await client.change({ kind: 'onvif', operation }, permit);
  return answer.ok ? readEnvelope(`do "${operation}"`, answer.value) : answer;
}

/** Only the path of what a camera names: it cannot send the gateway anywhere else. */
function uploadPath(root: XmlNode): string | null {
  try {
    const { pathname, search } = new URL(findXml(root, 'UploadUri')?.text ?? '');
    return `${pathname}${search}`;
  } catch {
    return null;
  }
}

/** `PT5S`, `PT1M`; 0 for what is no such time. */
export function durationMs(text: string): number {
  const match = /^PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})(?:\.\d{1,6})?S)?$/u.exec(text);
  const [hours = 0, minutes = 0, seconds = 0] = (match?.slice(1) ?? []).map((one) => Number(one ?? 0));
  return Math.min(DELAY_MAX_MS, ((hours * 60 + minutes) * 60 + seconds) * 1_000);
}

async function look(work: CameraWork): Promise<Result<OnvifInfo, Refusal>> {
  const { parts } = work;
  const info = await readOnvifInfo(parts.client, parts.clock());
  if (!info.ok) return info;
  const { device, serial } = parts.record();
  if (info.value.serial !== serial)
    return refuse(
      'conflict',
      'OTHER_CAMERA',
      `change camera "${device}": "${info.value.serial}" answers at its address, wanted "${serial}"`,
    );
  parts.shows({ firmware: info.value.version });
  return info;
}

export async function installOverOnvif(work: CameraWork, target: Target): Promise<boolean> {
  const { parts } = work;
  if (work.saved.now?.step === 'restarting') return awaitVersion(work, target);
  const info = await reach(work, () => look(work));
  if (work.signal.aborted) return false;
  if (!info) return finish(work, 'failed', NOT_REACHED);
  if (!info.ok) return failWith(work, info.error);
  if (info.value.version === target.label.version) return finish(work, 'done');
  const allowed = permitOf(work)();
  if (!allowed.ok) return failWith(work, allowed.error);
  const image = await fetchImage(work, target);
  if (work.signal.aborted) return false;
  if (typeof image === 'string') return finish(work, 'failed', image);
  enter(work, 'installing');
  const began = await attempt(() => changeOverOnvif(parts.client, 'StartFirmwareUpgrade', permitOf(work)));
  if (!began) return finish(work, 'failed', NOT_REACHED);
  if (!began.ok) return failWith(work, began.error);
  const path = uploadPath(began.value);
  if (path === null) return finish(work, 'failed', 'it does not say where the firmware is to be sent');
  await parts.pause(durationMs(findXml(began.value, 'UploadDelay')?.text ?? ''), work.signal);
  const sent = await attempt(() => parts.client.change({ kind: 'onvif-image', path, image }, permitOf(work)));
  if (sent && !sent.ok) return failWith(work, sent.error);
  if (sent && sent.value.status >= 300) {
    const refused = readEnvelope('send the firmware', sent.value);
    return finish(work, 'failed', refused.ok ? 'it does not take the firmware' : refused.error.message);
  }
  enter(work, 'restarting');
  return awaitVersion(work, target);
}

/** There is nothing to commit: it runs the new one, or it does not. */
async function awaitVersion(work: CameraWork, target: Target): Promise<boolean> {
  const { timing } = work.parts;
  let wasAway = false;
  for await (const past of looks(work, timing.confirmMs)) {
    const info = await attempt(() => look(work));
    if (work.signal.aborted) return false;
    if (!info) wasAway = true;
    else if (!info.ok) return failWith(work, info.error);
    else if (info.value.version === target.label.version) return finish(work, 'done');
    else if (wasAway || past > timing.settleMs)
      return finish(work, 'failed', `it runs "${info.value.version}", "${target.label.version}" was sent`);
  }
  return work.signal.aborted ? false : finish(work, 'failed', 'it has not been reached since it was upgraded');
}
