/** Why a device, an officer's machine or the server does not take what it was handed; some of it is the sign of an attack. */
import { err, type Refusal, type RefusalKind } from '@cityward/kernel';

/** Each code with whether somebody must be told at once: what no honest mistake brings about. */
export const TRUST_CODES = {
  ORDER_SHAPE: false,
  JOB_SHAPE: false,
  OFFICERS_SHAPE: false,
  OFFICERS_EXPIRED: false,
  OFFICERS_OTHER_CITY: true,
  OFFICERS_VERSION: false,
  OFFICERS_UNREACHABLE: false,
  OFFICERS_KEY_WEAK: true,
  OFFICERS_KEY_TWICE: true,
  OFFICERS_NOT_SIGNED: true,
  CLOCK_UNKNOWN: false,
  OTHER_CITY: true,
  OTHER_DEVICE: true,
  NOT_IN_JOB: true,
  WINDOW_WRONG: false,
  TOO_EARLY: false,
  TOO_LATE: false,
  REPLAYED: true,
  REVERT_NOT_SIGNED: true,
  REVERT_OTHER_KIND: true,
  KEY_UNKNOWN: true,
  OFFICER_TWICE: true,
  SIGNATURE_KIND: true,
  SIGNATURE_WRONG: true,
  PASSKEY_DATA: true,
  PASSKEY_TYPE: true,
  PASSKEY_CHALLENGE: true,
  PASSKEY_ORIGIN: true,
  PASSKEY_RP: true,
  PASSKEY_NOT_PRESENT: true,
  PASSKEY_NOT_VERIFIED: true,
  PASSKEY_BACKED_UP: true,
  TOO_FEW_OFFICERS: true,
  NO_OFFLINE_SIGNATURE: true,
  RUNNING_UNKNOWN: false,
  DOWNGRADE: true,
  WIPE_UNPROVEN: true,
} as const;
export type TrustCode = keyof typeof TRUST_CODES;

export interface TrustRefusal extends Refusal<TrustCode> {
  /** True where no honest mistake explains it: told as an alarm, never only logged. */
  readonly alarm: boolean;
}

const KINDS: Partial<Record<TrustCode, RefusalKind>> = {
  ORDER_SHAPE: 'invalid',
  JOB_SHAPE: 'invalid',
  OFFICERS_SHAPE: 'invalid',
  OFFICERS_VERSION: 'conflict',
  OFFICERS_UNREACHABLE: 'invalid',
  TOO_LATE: 'gone',
};

export const distrust = (code: TrustCode, message: string): { readonly ok: false; readonly error: TrustRefusal } =>
  err({ kind: KINDS[code] ?? 'forbidden', code, message, alarm: TRUST_CODES[code] });

const QUOTED_MAX_CHARS = 80;
/** A value from outside, as it may stand in a message: short, one line, nothing that steers a terminal. */
export const quoted = (value: string): string =>
  plainText(JSON.stringify(value.length > QUOTED_MAX_CHARS ? `${value.slice(0, QUOTED_MAX_CHARS - 1)}…` : value));

/** Controls, format characters (bidirectional overrides, zero widths), private use, lone surrogates, separators but the space. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
/** Text as it can be shown: a title cannot move the cursor, turn around or hide a part of what is signed. */
export const plainText = (text: string): string =>
  text.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
