/** A new account for a camera, in two phases: made and proved before the old one goes, so that no power cut locks the gateway out. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { readFirmware } from './camera-api.ts';
import { PATHS } from './camera-asks.ts';
import { createCameraClient, type Permit } from './camera-client.ts';
import { enter, permitOf, type CameraWork } from './camera-work.ts';
import { newLogin, placeOf, type Login } from './records.ts';
import { turnOver } from './turn-over.ts';

async function account(
  work: CameraWork,
  fields: Readonly<Record<string, string>>,
  permit: Permit,
): Promise<Result<string, Refusal>> {
  const answer = await work.parts.client.change({ kind: 'form', path: PATHS.accounts, fields }, permit);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  return status === 200
    ? ok(body)
    : refuse('conflict', 'CAMERA_REFUSED', `change accounts of the camera: HTTP ${status}`);
}

/** Made, or there already from before a power cut: then with the password that was written down before it was made. */
async function make(work: CameraWork, { user, password }: Login): Promise<Result<void, Refusal>> {
  const rest = { user, pwd: password.reveal() };
  const added = await account(
    work,
    { action: 'add', ...rest, grp: 'users', sgrp: 'admin:operator:viewer' },
    permitOf(work),
  );
  if (!added.ok) return added;
  if (added.value.includes('Created') || added.value.includes('already exist')) return ok(undefined);
  return refuse('conflict', 'CAMERA_REFUSED', 'make an account on the camera: it does not take it');
}

/** The new one opens the camera, by a connection of its own. */
async function prove(work: CameraWork, login: Login): Promise<Result<void, Refusal>> {
  const { record, ca, clock } = work.parts;
  const client = createCameraClient({ ...placeOf({ ...record(), login }, ca), clock });
  try {
    const read = await readFirmware(client);
    return read.ok ? ok(undefined) : read;
  } finally {
    client.hangUp();
  }
}

async function removeOld(work: CameraWork): Promise<Result<void, Refusal>> {
  const { record, keepRecord } = work.parts;
  const { past } = record();
  if (past === null) return ok(undefined);
  const removed = await account(work, { action: 'remove', user: past }, permitOf(work));
  if (!removed.ok) return removed;
  if (!removed.value.includes('Removed') && !removed.value.includes('does not exist'))
    return refuse('conflict', 'CAMERA_REFUSED', `remove the old account of the camera: it keeps it`);
  keepRecord({ ...record(), past: null });
  return ok(undefined);
}

async function newAccount(work: CameraWork): Promise<Result<void, Refusal>> {
  const { record, keepRecord } = work.parts;
  const unfinished = await removeOld(work);
  // One that was proved, and whose old one is gone now, was all that this order wanted.
  if (!unfinished.ok || work.saved.now?.step === 'restarting') return unfinished;
  const login = record().next ?? newLogin();
  // Written down before it is made: whatever happens, the password of what is on the camera is here.
  if (!record().next) keepRecord({ ...record(), next: login });
  const made = await make(work, login);
  if (!made.ok) return made;
  const proved = await prove(work, login);
  if (!proved.ok) return proved;
  // Before the step: cut between the two, the account is turned over once more, which harms nobody.
  keepRecord({ ...record(), login, next: null, past: record().login?.user ?? null });
  enter(work, 'restarting');
  return removeOld(work);
}

export const rotateAccount = (work: CameraWork): Promise<boolean> =>
  turnOver(work, newAccount, 'it went away before its new account was proved; the one before still holds');
