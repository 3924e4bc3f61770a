/** `disks/` and `record/`: the memory card of a simulated camera, its erasing that takes a while, and the recordings on its disks. */
import { SECOND_MS } from '@cityward/kernel';
import { escapeXml } from '../camera-wire/xml.ts';
import { xml, type CameraAnswer } from './answers.ts';
import { EMPTY_CARD, type Card, type Flash } from './flash.ts';

export const FORMAT_MS = 20 * SECOND_MS;
const PAGE_MAX = 1_000;
/** `locked` refuses to be erased, `failing` breaks off in the middle. */
export type CardFault = 'absent' | 'locked' | 'failing' | null;
export interface CardParts {
  readonly flash: Flash;
  readonly now: () => number;
  readonly fault: () => CardFault;
}

const document = (inside: string): CameraAnswer =>
  xml(200, `<?xml version="1.0" encoding="utf-8"?>\n<root>${inside}</root>\n`);

function cardOf({ flash, now }: CardParts): Card {
  const card = (flash.card ??= { ...EMPTY_CARD });
  // The erasing is through: nothing is on it any more.
  if (card.job && !card.job.fails && now() >= card.job.until)
    card.recordings = card.recordings.filter(({ disk }) => disk !== 'SD_DISK');
  return card;
}

function list(parts: CardParts): CameraAnswer {
  const isShared = cardOf(parts).recordings.some(({ disk }) => disk === 'NetworkShare');
  const share = isShared ? 'OK' : 'disconnected';
  const fault = parts.fault();
  const status = fault === 'absent' ? 'disconnected' : 'OK';
  const locked = fault === 'locked' ? 'yes' : 'no';
  return document(
    `<disks numberofdisks="2"><disk diskid="SD_DISK" name="" totalsize="31154688" freesize="29000000" cleanuplevel="90" cleanupmaxage="7" locked="${locked}" full="no" readonly="no" status="${status}" filesystem="ext4" group="S0" requiredfilesystem="none" encryptionenabled="false" encrypted="false" diskencrypted="false"/><disk diskid="NetworkShare" name="" totalsize="0" freesize="0" cleanuplevel="90" cleanupmaxage="7" locked="no" full="no" readonly="no" status="${share}" filesystem="cifs" group="S1" requiredfilesystem="none" encryptionenabled="false" encrypted="false" diskencrypted="false"/></disks>`,
  );
}

function format(parts: CardParts, asked: URLSearchParams): CameraAnswer {
  const card = cardOf(parts);
  const fault = parts.fault();
  const refused = (description: string): CameraAnswer =>
    document(`<job result="ERROR" description="${escapeXml(description)}"/>`);
  if (asked.get('diskid') !== 'SD_DISK' || fault === 'absent') return refused('No such disk');
  if (fault === 'locked') return refused('The disk is locked');
  if (card.job && !card.job.fails && parts.now() < card.job.until) return refused('Another job is running');
  const id = String(Number(card.job?.id ?? 0) + 1);
  card.job = { id, until: parts.now() + FORMAT_MS, fails: fault === 'failing' };
  return document(`<job jobid="${id}" result="OK"/>`);
}

function progress(parts: CardParts, asked: URLSearchParams): CameraAnswer {
  const { job } = cardOf(parts);
  const head = `jobid="${escapeXml(asked.get('jobid') ?? '')}" diskid="SD_DISK" action="format"`;
  if (!job || asked.get('jobid') !== job.id) return document(`<job ${head} result="ERROR" description="No such job"/>`);
  const left = Math.max(0, job.until - parts.now());
  const percent = Math.round(100 * (1 - left / FORMAT_MS));
  if (job.fails && percent >= 50)
    return document(`<job ${head} result="ERROR" description="The disk cannot be written"/>`);
  return document(`<job ${head} result="OK" progress="${percent}"/>`);
}

function recordings(parts: CardParts, asked: URLSearchParams): CameraAnswer {
  const most = Math.min(PAGE_MAX, Number(asked.get('maxnumberofresults') ?? PAGE_MAX));
  const disk = asked.get('diskid');
  const found = cardOf(parts).recordings.filter((one) => disk === null || one.disk === disk);
  const shown = found
    .slice(0, most)
    .map(
      ({ id, disk: on }) =>
        `<recording diskid="${on}" recordingid="${escapeXml(id)}" recordingtype="triggered" recordingstatus="completed" source="1" locked="No"/>`,
    );
  return document(
    `<recordings totalnumberofrecordings="${found.length}" numberofrecordings="${shown.length}">${shown.join('')}</recordings>`,
  );
}

function remove(parts: CardParts, asked: URLSearchParams): CameraAnswer {
  const card = cardOf(parts);
  const id = asked.get('recordingid') ?? '';
  const isThere = card.recordings.some((one) => one.id === id);
  const isKept = isThere && parts.fault() !== null;
  if (isThere && !isKept) card.recordings = card.recordings.filter((one) => one.id !== id);
  return document(`<remove recordingid="${escapeXml(id)}" result="${isThere && !isKept ? 'OK' : 'ERROR'}"/>`);
}

const ANSWERS: Readonly<Record<string, (parts: CardParts, asked: URLSearchParams) => CameraAnswer>> = {
  '/axis-cgi/disks/list.cgi': list,
  '/axis-cgi/disks/format.cgi': format,
  '/axis-cgi/disks/job.cgi': progress,
  '/axis-cgi/record/list.cgi': recordings,
  '/axis-cgi/record/remove.cgi': remove,
};
/** Null for a path that is none of these. */
export const answerCard = (parts: CardParts, path: string, asked: URLSearchParams): CameraAnswer | null =>
  Object.hasOwn(ANSWERS, path) ? ANSWERS[path]!(parts, asked) : null;
