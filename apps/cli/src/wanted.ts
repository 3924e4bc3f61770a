/** What a verb reads from its flags, or says of them. */
import type { Asked } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

export function wanted({ flag }: Asked, verb: string, name: string): string {
  const value = flag(name);
  if (value === undefined) throw new CommandFault(EXIT.usage, `${verb}: --${name} is wanted`);
  return value;
}
/** @param otherwise what is said where it is none of them */
export function oneOf<Word extends string>(words: readonly Word[], text: string | undefined, otherwise: string): Word {
  const known = words.find((one) => one === text);
  if (known === undefined) throw new CommandFault(EXIT.usage, otherwise);
  return known;
}
export const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter((one) => one !== '');

/** @param such what it looks like, for whoever wrote something else */
export function momentOf(
  text: string,
  { verb, flag, such }: { readonly verb: string; readonly flag: string; readonly such: string },
): number {
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new CommandFault(EXIT.usage, `${verb}: --${flag} "${text}" is no ${such}`);
}

/** A day that has to be named. */
export const wantedDay = (asked: Asked, verb: string, name: string): number =>
  momentOf(wanted(asked, verb, name), { verb, flag: name, such: 'day, wanted such as 2027-03-01' });
/** A day that may be named. */
export const dayIn = (asked: Asked, verb: string, name: string): number | null =>
  asked.flag(name) === undefined ? null : wantedDay(asked, verb, name);
