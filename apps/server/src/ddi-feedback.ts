/** What hawkBit clients say back: how far they are, that they stopped, what they run. Nothing is changed by what cannot be read. */
import { parseDdiAttributes, parseDdiFeedback, parseDdiInstalled } from '@cityward/formats/ddi';
import type { RawReply, RawRequest } from '@cityward/http';
import type { Refusal } from '@cityward/kernel';
import { endOf, meaningOf, versionIn } from './ddi-actions.ts';
import { ACTION_OVER, DONE, NO_SUCH_ACTION, problem } from './ddi-answers.ts';
import type { Polled } from './polled-devices.ts';
import type { Open, PolledDevice } from './polled-order.ts';

function refused(polled: Polled, device: PolledDevice, refusal: Refusal): RawReply {
  polled.refused(device, refusal);
  const { kind, code, message } = refusal;
  return { ...problem(kind === 'too-large' ? 413 : 400, code, message), refused: [code] };
}

/** The action that feedback is about. */
function actionOf(polled: Polled, device: PolledDevice, request: RawRequest): Open | RawReply {
  const told = polled.toldOf(device, request.params['action'] ?? '');
  // A client that says it twice means well; one that speaks of what it never had does not.
  return told === 'over' ? ACTION_OVER : told === 'unknown' ? { ...NO_SUCH_ACTION, refused: ['ACTION_UNKNOWN'] } : told;
}
const isReply = (found: Open | RawReply): found is RawReply => 'status' in found;

export async function takeFeedback(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiFeedback(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  const open = actionOf(polled, device, request);
  if (isReply(open)) return open;
  return (await polled.take({ device, open }, meaningOf(read.value))) === 'over' ? ACTION_OVER : DONE;
}

/** Any end of an action that was cancelled ends it here. */
export async function takeCancelFeedback(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiFeedback(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  const open = actionOf(polled, device, request);
  if (isReply(open)) return open;
  const end = endOf(read.value);
  if (end) await polled.take({ device, open }, end);
  return DONE;
}

export async function takeAttributes(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiAttributes(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  const version = read.value.mode === 'remove' ? null : versionIn(read.value.data);
  if (version !== null) await polled.shows(device, version);
  return DONE;
}

export async function takeInstalled(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseDdiInstalled(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  await polled.shows(device, read.value.version);
  return DONE;
}
