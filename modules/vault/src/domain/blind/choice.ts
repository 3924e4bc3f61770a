/** The choice that the city cannot read one's records: what has to be in what the passkey signs, before it counts. */
import { Check } from 'typebox/value';
import { BLIND_HOLDERS_MIN, BLIND_PRICE, BlindChoiceText, BlindNewKeyText } from '@cityward/contracts';
import { err, MINUTE_MS, ok, type Result } from '@cityward/kernel';

/** A ceremony is of the moment: a signature found later turns nothing on. */
const CHOICE_FRESH_MS = 5 * MINUTE_MS;
const FUTURE_MS = MINUTE_MS;

export type ChoiceWhy =
  | 'not-of-the-form'
  | 'of-somebody-else'
  | 'not-fresh'
  | 'price-not-accepted'
  | 'another-key'
  | 'too-few-holders'
  | 'holder-twice'
  | 'holder-is-oneself';

export const readChoice = (text: string): BlindChoiceText | null =>
  readSigned(text, (value): value is BlindChoiceText => Check(BlindChoiceText, value));
function readSigned<Read>(text: string, isIt: (value: unknown) => value is Read): Read | null {
  try {
    const value: unknown = JSON.parse(text);
    // One text for one choice: what was shown is what was signed.
    return isIt(value) && JSON.stringify(value) === text ? value : null;
  } catch {
    return null;
  }
}
const isFresh = (at: number, now: number): boolean => at <= now + FUTURE_MS && at >= now - CHOICE_FRESH_MS;

/** `null` where the text says just this. */
export function newKeyFault(text: string, { person, publicKey, now }: Around): ChoiceWhy | null {
  const said = readSigned(text, (value): value is BlindNewKeyText => Check(BlindNewKeyText, value));
  if (said === null) return 'not-of-the-form';
  if (said.subject !== person) return 'of-somebody-else';
  if (!isFresh(said.at, now)) return 'not-fresh';
  return said.publicKey === publicKey ? null : 'another-key';
}

interface Around {
  readonly person: string;
  readonly publicKey: string;
  readonly now: number;
}
export function judgeChoice(
  choice: BlindChoiceText | null,
  { person, publicKey, now }: Around,
): Result<BlindChoiceText, ChoiceWhy> {
  if (choice === null) return err('not-of-the-form');
  if (choice.subject !== person) return err('of-somebody-else');
  if (!isFresh(choice.at, now)) return err('not-fresh');
  if (choice.publicKey !== publicKey) return err('another-key');
  if (choice.do === 'turn-off') return ok(choice);
  if (!BLIND_PRICE.every((part) => choice.accepted.includes(part))) return err('price-not-accepted');
  const { holders, needed } = choice;
  if (holders.length === 0) return needed === 0 ? ok(choice) : err('too-few-holders');
  if (needed < BLIND_HOLDERS_MIN || holders.length < needed) return err('too-few-holders');
  if (new Set(holders.map((one) => one.person)).size !== holders.length) return err('holder-twice');
  if (holders.some((one) => one.person === person)) return err('holder-is-oneself');
  return ok(choice);
}
