/**
 * What a site gateway holds of one camera: where it is, what it must show, and the account. One file each for its owner only, in
 * the camera's own folder; it never leaves this machine.
 */
import { randomBytes } from 'node:crypto';
import { Secret } from '@cityward/kernel';
import type { DigestLogin } from '../camera-wire/digest.ts';
import { readJson, replaceJson, type Disk } from '../update/disk.ts';
import type { CameraPlace } from './camera-client.ts';

const RECORD_FILE = 'camera.json';
/** AXIS OS takes up to 14 letters and digits. */
const USER_BYTES = 5;
const PASSWORD_BYTES = 24;

/** An account whose password cannot be printed. */
export interface Login {
  readonly user: string;
  readonly password: Secret;
}
export const CAMERA_DRIVERS = ['vapix', 'onvif'] as const;
export type CameraDriver = (typeof CAMERA_DRIVERS)[number];
export interface CameraRecord {
  readonly device: string;
  readonly driver: CameraDriver;
  readonly url: string;
  /** Its serial number: another camera at its address is not changed. */
  readonly serial: string;
  /** Null until its first account is made. */
  readonly login: Login | null;
  /** Made or about to be made on the camera, and not proved yet. */
  readonly next: Login | null;
  /** Proved to be replaced, and not yet removed from the camera. */
  readonly past: string | null;
  /** PEM of certificates that it may show. */
  readonly pinned: readonly string[];
  /** Whether it may show a certificate of the city in its name. */
  readonly isOfCity: boolean;
}

export const newLogin = (): Login => ({
  user: `cw${randomBytes(USER_BYTES).toString('hex')}`,
  password: new Secret(randomBytes(PASSWORD_BYTES).toString('base64url')),
});
export const revealed = ({ user, password }: Login): DigestLogin => ({ user, password: password.reveal() });

export const placeOf = ({ url, login, pinned, isOfCity, device }: CameraRecord, ca: string): CameraPlace => ({
  url,
  login: login && revealed(login),
  trust: { pinned, authority: isOfCity ? { ca, name: device } : null },
});

type Stored = Omit<CameraRecord, 'login' | 'next'> & Record<'login' | 'next', DigestLogin | null>;
const secret = (login: DigestLogin | null): Login | null =>
  login && { user: login.user, password: new Secret(login.password) };
const isLogin = (value: unknown): boolean => {
  const login = value as Partial<DigestLogin> | null;
  return login === null || (typeof login?.user === 'string' && typeof login.password === 'string');
};

/** Null where there is none. @throws where it is damaged: a record taken for none would lose the account */
export function readRecord(disk: Disk): CameraRecord | null {
  if (!disk.read(RECORD_FILE)) return null;
  const value = readJson(disk, RECORD_FILE) as Partial<Stored> | null;
  const isWhole =
    typeof value?.device === 'string' &&
    typeof value.url === 'string' &&
    typeof value.serial === 'string' &&
    Array.isArray(value.pinned) &&
    CAMERA_DRIVERS.includes(value.driver!) &&
    isLogin(value.login) &&
    isLogin(value.next);
  if (!isWhole) throw new Error(`read "${RECORD_FILE}": it is damaged, commission the camera anew`);
  const { login, next, ...rest } = value as Stored;
  return { ...rest, login: secret(login), next: secret(next) };
}

/** Durable on return: the old one or the new, never a part of either. */
export function writeRecord(disk: Disk, { login, next, ...rest }: CameraRecord): void {
  const stored: Stored = { ...rest, login: login && revealed(login), next: next && revealed(next) };
  replaceJson(disk, RECORD_FILE, stored);
}
