/**
 * How a gateway erases a camera that is retired: its memory card, the recordings that are left, then everything that was ever set.
 * Each step is written down around the call that takes it, and only what was seen is told as done.
 */
import { ERASED_ITEMS, type Erased } from '@cityward/contracts';
import { ok, type Refusal, type Result } from '@cityward/kernel';
import { end, leave } from '../update/progress.ts';
import { readJson, replaceJson } from '../update/disk.ts';
import { factoryDefault, needsSetup, readFirmware, readInfo } from './camera-api.ts';
import { createCameraClient, type CameraClient } from './camera-client.ts';
import { attempt, enter, looks, NOT_REACHED, permitOf, reach, type CameraWork } from './camera-work.ts';
import { eraseCard, eraseRecordings, ownDisks, said } from './card.ts';
import { checkCamera } from './checks.ts';

const WIPE_FILE = 'wipe.json';
/** Times that one order begins from the start, because nobody knew whether the camera was set back and its account still held. */
const BEGINNINGS_MAX = 3;

/** What must outlive a power cut: the account is gone after this, so that nobody could look at the card any more. */
interface Begun {
  readonly job: string;
  readonly beginnings: number;
  readonly erased: readonly Erased[];
  /** `asked`: about to be told, or told without an answer. `taken`: the camera said that it does so, as itself. */
  readonly factory: 'none' | 'asked' | 'taken';
}
const FRESH = { beginnings: 0, erased: [], factory: 'none' } as const;

function begunOf({ parts, saved }: CameraWork): Begun {
  const job = saved.now?.job ?? '';
  const kept = readJson(parts.disk, WIPE_FILE) as Begun | null;
  return kept?.job === job ? kept : { job, ...FRESH };
}
function keepBegun({ parts }: CameraWork, begun: Begun): Begun {
  replaceJson(parts.disk, WIPE_FILE, begun);
  return begun;
}

/** What it did not come to is not erased. */
const complete = (erased: readonly Erased[], why: string): readonly Erased[] =>
  ERASED_ITEMS.map((item) => erased.find((one) => one.item === item) ?? said(item, 'failed', why));

/** Ends without having erased all; the account still opens the camera, as far as anybody knows. */
function fail(work: CameraWork, { erased }: Pick<Begun, 'erased'>, reason: string): true {
  const told = {
    ...work.said(),
    state: 'failed',
    reason,
    erased: complete(erased, 'it did not come to that'),
  } as const;
  work.keep(end(work.saved, told));
  return true;
}

const WORDS: Readonly<Record<Erased['item'], string>> = {
  card: 'its memory card',
  recordings: 'its recordings',
  settings: 'its settings and accounts',
};
function summary(erased: readonly Erased[]): string {
  const failed = erased.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return 'It was erased and is as it left the factory';
  const parts = failed.map(({ item, reason }) => `${WORDS[item]}${reason === null ? '' : ` (${reason})`}`);
  return `It is as it left the factory, but not erased: ${parts.join('; ')}`;
}

/** It is as it left the factory: the gateway signs for what was erased and what was not, and looks after it no more. */
function letGo(work: CameraWork, begun: Begun): true {
  const erased = [...begun.erased, said('settings', 'done')];
  const state = erased.some((one) => one.state === 'failed') ? 'failed' : 'done';
  const last = { ...work.said(), running: null, state, reason: summary(erased), erased } as const;
  work.keep(leave(end(work.saved, last), work.parts.proveWiped));
  return true;
}

/** Is it this camera, with nobody set up on it? */
async function isAsNew(work: CameraWork, client: CameraClient): Promise<Result<boolean, Refusal>> {
  const info = await readInfo(client);
  if (!info.ok) return info;
  if (info.value.serial !== work.parts.record().serial) return ok(false);
  return needsSetup(client);
}

/** The camera said that it goes back to its factory settings: done once it is seen to have. It may show another certificate by then. */
async function seeIt(work: CameraWork, begun: Begun): Promise<boolean> {
  const { record, clock, timing } = work.parts;
  const trust = { pinned: [], authority: null, isUnchecked: true };
  const client = createCameraClient({ url: record().url, trust, login: null, clock });
  try {
    for await (const _ of looks(work, timing.confirmMs)) {
      const seen = await attempt(() => isAsNew(work, client));
      if (work.signal.aborted) return false;
      if (seen?.ok && seen.value) return letGo(work, begun);
    }
  } finally {
    client.hangUp();
  }
  if (work.signal.aborted) return false;
  return fail(
    work,
    { erased: [...begun.erased, said('settings', 'failed', 'it agreed, and was not seen as it left the factory')] },
    'It was told to go back to its factory settings and agreed, but was not seen so afterwards; it may have another address now',
  );
}

/** Nobody knows whether it was told: its account, and whoever shows the certificate that was known before, say so. */
async function findOut(work: CameraWork, begun: Begun): Promise<boolean> {
  const { client } = work.parts;
  client.hangUp();
  const opens = await reach(work, () => readFirmware(client));
  if (work.signal.aborted) return false;
  if (opens?.ok) return eraseAll(work, { ...begun, ...FRESH, beginnings: begun.beginnings });
  const isNew = opens && (await attempt(() => isAsNew(work, client)));
  if (work.signal.aborted) return false;
  if (isNew?.ok && isNew.value) return letGo(work, begun);
  const why =
    opens === null ? 'it was not reached again' : 'it does not take the account, and is not as it left the factory';
  const erased = [...begun.erased, said('settings', 'failed', why)];
  return fail(work, { erased }, `It went away when it was told to go back to its factory settings, and ${why}`);
}

/** Null where the gateway stops. */
async function eraseDisks(work: CameraWork): Promise<readonly Erased[] | null> {
  const disks = await ownDisks(work);
  if (work.signal.aborted) return null;
  if (!disks.ok) {
    const why = `its disks could not be listed: ${disks.error.message}`;
    return [said('card', 'failed', why), said('recordings', 'failed', why)];
  }
  const card = await eraseCard(work, disks.value);
  if (work.signal.aborted) return null;
  const recordings = await eraseRecordings(work, disks.value);
  return work.signal.aborted ? null : [card, recordings];
}

async function eraseAll(work: CameraWork, before: Begun): Promise<boolean> {
  if (before.beginnings >= BEGINNINGS_MAX)
    return fail(work, before, `It was begun ${BEGINNINGS_MAX} times, and the camera went away each time`);
  const same = await reach(work, () => checkCamera(work));
  if (work.signal.aborted) return false;
  if (!same) return fail(work, before, NOT_REACHED);
  if (!same.ok) return fail(work, before, `${same.error.code}: ${same.error.message}`);
  enter(work, 'installing');
  const erased = await eraseDisks(work);
  if (!erased) return false;
  const begun = keepBegun(work, { ...before, beginnings: before.beginnings + 1, erased, factory: 'asked' });
  // What could not be erased is told; the rest is erased all the same, since its identity ends in any case.
  enter(work, 'restarting');
  const told = await attempt(() => factoryDefault(work.parts.client, permitOf(work)));
  if (work.signal.aborted) return false;
  if (!told) return findOut(work, begun);
  if (!told.ok) {
    const refused = [...erased, said('settings', 'failed', told.error.message)];
    return fail(work, { erased: refused }, `It did not go back to its factory settings: ${told.error.message}`);
  }
  return seeIt(work, keepBegun(work, { ...begun, factory: 'taken' }));
}

export function wipeCamera(work: CameraWork): Promise<boolean> {
  const begun = begunOf(work);
  switch (begun.factory) {
    case 'none':
      return eraseAll(work, begun);
    case 'asked':
      return findOut(work, begun);
    case 'taken':
      return seeIt(work, begun);
  }
}
