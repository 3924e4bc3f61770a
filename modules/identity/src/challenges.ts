/** WebAuthn challenges that need no memory until they are answered: random, an end, and our own seal over both. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CHALLENGE_LIFE_MS } from './domain/session.ts';

const RANDOM_BYTES = 32;
const END_BYTES = 6;
const SEAL_BYTES = 16;
const ALL_BYTES = RANDOM_BYTES + END_BYTES + SEAL_BYTES;
/** Answered ones are remembered until their end, so that none is answered twice; at this many, sign-in waits. */
const ANSWERED_MAX = 10_000;

export interface Challenges {
  /** `purpose` says what it may be answered for, e.g. `register per-…`. */
  issue(purpose: string, now: number): Buffer;
  /** True once per challenge, before its end and for its own purpose. `challenge` in base64url. */
  answer(purpose: string, challenge: string, now: number): boolean;
}

export function createChallenges(): Challenges {
  const key = randomBytes(32);
  const answered = new Map<string, number>();
  const seal = (purpose: string, body: Uint8Array): Buffer =>
    createHmac('sha256', key).update(`${purpose}\n`).update(body).digest().subarray(0, SEAL_BYTES);

  return {
    issue: (purpose, now) => {
      const body = Buffer.alloc(RANDOM_BYTES + END_BYTES);
      randomBytes(RANDOM_BYTES).copy(body);
      body.writeUIntBE(now + CHALLENGE_LIFE_MS, RANDOM_BYTES, END_BYTES);
      return Buffer.concat([body, seal(purpose, body)]);
    },
    answer: (purpose, challenge, now) => {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length !== ALL_BYTES || bytes.toString('base64url') !== challenge) return false;
      const body = bytes.subarray(0, RANDOM_BYTES + END_BYTES);
      if (!timingSafeEqual(bytes.subarray(body.length), seal(purpose, body))) return false;
      const end = body.readUIntBE(RANDOM_BYTES, END_BYTES);
      if (now >= end || answered.has(challenge)) return false;
      for (const [old, ends] of answered) {
        if (ends > now) break; // kept in order of answering, ends differ by minutes at most: enough to bound it
        answered.delete(old);
      }
      if (answered.size >= ANSWERED_MAX) return false;
      answered.set(challenge, end);
      return true;
    },
  };
}
