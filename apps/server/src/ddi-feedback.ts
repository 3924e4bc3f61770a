/** What hawkBit clients say back: how far they are, that they stopped, what they run. Nothing is changed by what cannot be read. */
import { parseDdiAttributes, parseDdiFeedback, parseDdiInstalled, type DdiFeedback } from '@cityward/formats/ddi';
import type { RawReply, RawRequest } from '@cityward/http';
import type { Refusal } from '@cityward/kernel';
import { actionIdOf, closeAction, meaningOf, openAction, versionIn, type DdiDevice, type Open } from './ddi-actions.ts';
import { ACTION_OVER, DONE, NO_SUCH_ACTION, problem } from './ddi-answers.ts';
import type { Ddi } from './ddi-parts.ts';

const DECIMAL = /^[0-9]{1,15}$/u;
const refused = ({ kind, code, message }: Refusal): RawReply =>
  problem(kind === 'too-large' ? 413 : 400, code, message);

/** The action that feedback is about; one that the server forgot in a restart is found again by its order. */
function actionOf(ddi: Ddi, device: DdiDevice, request: RawRequest): Open | RawReply {
  const text = request.params['action'] ?? '';
  const id = DECIMAL.test(text) ? Number(text) : 0;
  if (device.open?.id === id) return device.open;
  const order = ddi.orderOf(device);
  if (order && actionIdOf(order) === id && device.open === null) return openAction(device, order) ?? NO_SUCH_ACTION;
  return id > 0 && id <= device.closed ? ACTION_OVER : NO_SUCH_ACTION;
}
const isReply = (found: Open | RawReply): found is RawReply => 'status' in found;

export async function takeFeedback(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiFeedback(request.body);
  if (!read.ok) return refused(read.error);
  const open = actionOf(ddi, device, request);
  if (isReply(open)) return open;
  if (open.isInstalled) return DONE; // said twice
  return (await follow(ddi, { device, open }, read.value)) === 'over' ? ACTION_OVER : DONE;
}

interface Told {
  readonly device: DdiDevice;
  readonly open: Open;
}

async function follow(ddi: Ddi, { device, open }: Told, feedback: DdiFeedback): Promise<'taken' | 'over'> {
  const meaning = meaningOf(feedback);
  const at = ddi.parts.clock();
  const { firmware } = device;
  switch (meaning.is) {
    case 'progress':
      return ddi.say(device, open, { state: meaning.state, at, running: firmware });
    case 'failure': {
      const taken = await ddi.say(device, open, {
        state: meaning.state,
        at,
        running: firmware,
        reason: meaning.reason,
      });
      if (device.open === open) closeAction(device);
      return taken;
    }
    case 'claim': {
      open.isInstalled = true;
      const taken = await ddi.say(device, open, { state: 'done', at, running: null });
      await prove(ddi, device);
      return taken;
    }
  }
}

/** Done for good: after it was said to be installed, the device shows the version that was ordered. */
async function prove(ddi: Ddi, device: DdiDevice): Promise<void> {
  const { open, firmware } = device;
  if (!open?.isInstalled || open.isProved || firmware !== open.artifact.version) return;
  open.isProved = true;
  await ddi.say(device, open, { state: 'done', at: ddi.parts.clock(), running: firmware });
}

/** Any end of an action that was cancelled ends it here; what it had become by then, its version tells. */
export async function takeCancelFeedback(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiFeedback(request.body);
  if (!read.ok) return refused(read.error);
  const open = actionOf(ddi, device, request);
  if (isReply(open)) return open;
  const { execution, details } = read.value;
  if (execution === 'proceeding' || execution === 'scheduled' || execution === 'resumed') return DONE;
  const at = ddi.parts.clock();
  const reason = `cancelled by the city: ${details.filter(Boolean).at(-1) ?? execution}`;
  await ddi.say(device, open, { state: 'failed', at, running: device.firmware, reason });
  if (device.open === open) closeAction(device);
  return DONE;
}

async function shows(ddi: Ddi, device: DdiDevice, firmware: string): Promise<RawReply> {
  device.firmware = firmware;
  ddi.parts.desk.seen(device.id, { firmware, document: null });
  await prove(ddi, device);
  return DONE;
}

export async function takeAttributes(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiAttributes(request.body);
  if (!read.ok) return refused(read.error);
  const version = read.value.mode === 'remove' ? null : versionIn(read.value.data);
  return version === null ? DONE : shows(ddi, device, version);
}

export async function takeInstalled(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiInstalled(request.body);
  return read.ok ? shows(ddi, device, read.value.version.slice(0, 64)) : refused(read.error);
}
