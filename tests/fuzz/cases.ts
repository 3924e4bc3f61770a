/** Ten thousand changed messages, each of which must be answered; says which one was not. */
import { readFileSync } from 'node:fs';
import type { Refusal, Result } from '@cityward/kernel';
import { chanceFrom, type Chance } from './chance.ts';

export const CASES = 10_000;
const SHOWN_MAX_BYTES = 2_000;

/** Recorded from programs that others wrote while they talked to a running city, in base64; see seeds.json. */
const seeds = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, readonly string[]>
>;
export function seedsOf(name: string): readonly Buffer[] {
  const found = seeds[name] ?? [];
  if (found.length === 0) throw new Error(`read seeds of "${name}": none was recorded`);
  return found.map((one) => Buffer.from(one, 'base64'));
}

export interface Fuzzed {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  readonly seed: number;
  readonly mutate: (message: Buffer, chance: Chance) => Buffer;
  /** Throws where the answer is not as it must be. */
  readonly check: (message: Buffer, chance: Chance) => unknown;
}
/** Every case is reached again by its number: nothing but the seed decides. */
export async function fuzz({ name, seeds: from, seed, mutate, check }: Fuzzed): Promise<void> {
  const chance = chanceFrom(seed);
  for (let number = 0; number < CASES; number++) {
    const message = mutate(chance.pick(from), chance);
    try {
      await check(message, chance);
    } catch (fault) {
      const shown = message.subarray(0, SHOWN_MAX_BYTES).toString('base64');
      throw new Error(`${name}, case ${number} of seed ${seed}, ${message.length} bytes ${shown}`, { cause: fault });
    }
  }
}

/** An answer is a value or a refusal in words with a code: never something else, and never a throw. */
export function isTyped(result: Result<unknown, Refusal>): boolean {
  if (result.ok) return true;
  const { kind, code, message } = result.error;
  if (!/^[A-Za-z][A-Za-z_0-9]+$/.test(code) || message === '' || message.length > 2_000)
    throw new Error(`a refusal of kind "${kind}" has code "${code}" and ${message.length} characters`);
  return false;
}
