/** What a camera keeps on disks of its own: the memory card that is erased, and the recordings that are left after that. */
import type { Erased } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { allXml, parseXml, type XmlNode } from '../camera-wire/xml.ts';
import type { CameraAsk } from './camera-asks.ts';
import { attempt, looks, permitOf, type CameraWork } from './camera-work.ts';

const DISKS = '/axis-cgi/disks/list.cgi';
const FORMAT = '/axis-cgi/disks/format.cgi';
const JOB = '/axis-cgi/disks/job.cgi';
const RECORDINGS = '/axis-cgi/record/list.cgi';
const REMOVE = '/axis-cgi/record/remove.cgi';
const CARD = 'SD_DISK';
/** Somebody else's machine: what lies there is not on the camera. */
const IS_SHARE = /^NetworkShare/u;
const DISKS_MAX = 16;
/** A card that is busy, with an erasing that a power cut interrupted for instance, is asked again so often. */
const FORMAT_TRIES_MAX = 3;
const RECORDINGS_PER_PAGE = 100;
/** Removed one by one; a card that could be erased leaves none. */
const RECORDING_PAGES_MAX = 100;
const REASON_MAX_CHARS = 200;

export type Item = Erased['item'];
export const said = (item: Item, state: Erased['state'], reason: string | null = null): Erased => ({
  item,
  state,
  reason: reason?.slice(0, REASON_MAX_CHARS) ?? null,
});
const AWAY = 'the camera went away meanwhile';

type Attributes = XmlNode['attributes'];
/** The attributes of each element of that name; a refusal where it was not answered with XML. */
async function elements(
  work: CameraWork,
  ask: CameraAsk,
  name: string,
): Promise<Result<readonly Attributes[], Refusal>> {
  const { client } = work.parts;
  const asked = await attempt(() => (ask.kind === 'form' ? client.change(ask, permitOf(work)) : client.read(ask)));
  if (!asked) return refuse('unavailable', 'CAMERA_AWAY', AWAY);
  if (!asked.ok) return asked;
  const { status, body } = asked.value;
  if (status === 404) return refuse('not-found', 'INTERFACE_ABSENT', 'it has no such interface');
  const root = status === 200 ? parseXml(body) : null;
  if (!root) return refuse('invalid', 'CAMERA_ANSWER_UNREADABLE', `its answer cannot be read (${status})`);
  return ok(allXml(root, name).map(({ attributes }) => attributes));
}

export type Disks = readonly { readonly id: string; readonly status: string }[];
/** Those in the camera; none where it has no interface for any. */
export async function ownDisks(work: CameraWork): Promise<Result<Disks, Refusal>> {
  const listed = await elements(work, { kind: 'get', path: DISKS, query: { diskid: 'all' } }, 'disk');
  if (!listed.ok) return listed.error.code === 'INTERFACE_ABSENT' ? ok([]) : listed;
  const all = listed.value.map(({ diskid = '', status = '' }) => ({ id: diskid, status }));
  return ok(
    all.filter(({ id, status }) => id !== '' && status !== 'disconnected' && !IS_SHARE.test(id)).slice(0, DISKS_MAX),
  );
}

/** Begins to erase the card; the number of the camera's own job. */
async function beginFormat(work: CameraWork): Promise<Result<string, Refusal>> {
  const { timing, pause } = work.parts;
  const ask: CameraAsk = { kind: 'form', path: FORMAT, fields: { diskid: CARD, filesystem: 'ext4' } };
  for (let tries = 1; ; tries++) {
    const told = await elements(work, ask, 'job');
    if (!told.ok) return told;
    const { result, jobid, description } = told.value[0] ?? {};
    if (result === 'OK' && jobid !== undefined) return ok(jobid);
    if (tries >= FORMAT_TRIES_MAX || work.signal.aborted)
      return refuse(
        'conflict',
        'CAMERA_REFUSED',
        `the camera does not erase it${description ? `: ${description}` : ''}`,
      );
    await pause(timing.lookMs, work.signal);
  }
}

/** Erased only once the camera's own job says that it is through. */
export async function eraseCard(work: CameraWork, disks: Disks): Promise<Erased> {
  if (!disks.some(({ id }) => id === CARD)) return said('card', 'absent');
  const begun = await beginFormat(work);
  if (!begun.ok) return said('card', 'failed', begun.error.message);
  const job: CameraAsk = { kind: 'get', path: JOB, query: { jobid: begun.value, diskid: CARD } };
  for await (const _ of looks(work, work.parts.timing.formatMs)) {
    const told = await elements(work, job, 'job');
    if (!told.ok) return said('card', 'failed', told.error.message);
    const { result, progress, description } = told.value[0] ?? {};
    if (result !== 'OK') return said('card', 'failed', `erasing it broke off${description ? `: ${description}` : ''}`);
    if (progress === '100') return said('card', 'done');
  }
  return said('card', 'failed', 'erasing it did not come to an end in time');
}

async function recordingsOn(work: CameraWork, disk: string): Promise<Result<readonly string[], Refusal>> {
  const query = { recordingid: 'all', diskid: disk, maxnumberofresults: String(RECORDINGS_PER_PAGE) };
  const listed = await elements(work, { kind: 'get', path: RECORDINGS, query }, 'recording');
  if (!listed.ok) return listed.error.code === 'INTERFACE_ABSENT' ? ok([]) : listed;
  return ok(listed.value.map(({ recordingid = '' }) => recordingid));
}

/** How many it removed, once none is left on the disk. */
async function emptyDisk(work: CameraWork, disk: string): Promise<Result<number, Refusal>> {
  let removed = 0;
  for (let page = 0; page < RECORDING_PAGES_MAX && !work.signal.aborted; page++) {
    const left = await recordingsOn(work, disk);
    if (!left.ok) return left;
    if (left.value.length === 0) return ok(removed);
    for (const recordingid of left.value) {
      const told = await elements(work, { kind: 'form', path: REMOVE, fields: { recordingid } }, 'remove');
      if (!told.ok) return told;
      if (told.value[0]?.['result'] !== 'OK')
        return refuse('conflict', 'CAMERA_REFUSED', `the camera keeps recordings on "${disk}"`);
      removed++;
    }
  }
  return refuse('conflict', 'CAMERA_REFUSED', `recordings are left on "${disk}" after ${removed} were removed`);
}

/** Those that erasing the card has not taken with it. */
export async function eraseRecordings(work: CameraWork, disks: Disks): Promise<Erased> {
  if (disks.length === 0) return said('recordings', 'absent', 'it has no disk of its own');
  let removed = 0;
  for (const { id } of disks) {
    const emptied = await emptyDisk(work, id);
    if (!emptied.ok) return said('recordings', 'failed', emptied.error.message);
    removed += emptied.value;
  }
  return said('recordings', 'done', removed === 0 ? null : `${removed} removed one by one`);
}
