/** Records that the city itself cannot read, put together: keys of people, the choice, sealing, looks, and those who hold shares. */
import {
  BLIND_SEALS_MAX,
  type BlindChoice,
  type BlindKeyDraft,
  type BlindNewKey,
  type BlindStanding,
} from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { BACKUP_WEEKS } from '../needs.ts';
import type { Show } from '../viewing/viewing.ts';
import { Choosing, type ChoosingParts } from './choosing.ts';
import { GivingKeys, type GivingParts } from './giving-keys.ts';
import { keyOf, publicKeyOf } from './mode-store.ts';
import { Quorum, type QuorumParts } from './quorum.ts';
import { RenewingKeys } from './renewing.ts';
import { Resealing, type ResealParts } from './reseal.ts';
import { createBlindView, type ViewBlind } from './viewing-blind.ts';

export type BlindParts = ChoosingParts &
  GivingParts &
  QuorumParts &
  ResealParts & { readonly show: Show; readonly backupWeeks?: number };
interface HandedBack {
  readonly record: string;
  readonly version: number;
  readonly key: string;
}

export class Blind {
  readonly #parts: BlindParts;
  readonly #choosing: Choosing;
  readonly #resealing: Resealing;
  readonly giving: GivingKeys;
  readonly quorum: Quorum;
  readonly renewing: RenewingKeys;
  readonly view: ViewBlind;

  constructor(parts: BlindParts) {
    this.#parts = parts;
    this.#choosing = new Choosing(parts);
    this.#resealing = new Resealing(parts);
    this.giving = new GivingKeys(parts);
    this.quorum = new Quorum(parts);
    this.renewing = new RenewingKeys(parts);
    this.view = createBlindView(parts);
  }

  async standing(person: string): Promise<BlindStanding> {
    const { sql, modes, backupWeeks = BACKUP_WEEKS } = this.#parts;
    const mode = modes.of(person);
    const shown = mode && {
      ...{ state: mode.state, since: mode.since, needed: mode.needed },
      holders: mode.holders.map(({ person, publicKey, share }) => ({ person, publicKey, waits: share === '' })),
      left: await this.#resealing.left(person),
    };
    const recovery = await this.quorum.recoveryOf(person);
    return { key: await keyOf(sql, person), mode: shown, recovery, backupWeeks };
  }

  publicKeyOf(person: string): Promise<string | null> {
    return publicKeyOf(this.#parts.sql, person);
  }

  keep(person: string, draft: BlindKeyDraft): Promise<Result<BlindStanding, Refusal>> {
    return this.#then(person, this.#choosing.keep(person, draft));
  }
  wrap(person: string, wrap: Pick<BlindKeyDraft, 'credential' | 'wrapped'>): Promise<Result<BlindStanding, Refusal>> {
    return this.#then(person, this.#choosing.wrap(person, wrap));
  }
  replace(person: string, key: BlindNewKey): Promise<Result<BlindStanding, Refusal>> {
    return this.#then(person, this.renewing.replace(person, key));
  }
  askRecovery(person: string, draft: BlindKeyDraft): Promise<Result<BlindStanding, Refusal>> {
    return this.#then(person, this.quorum.askRecovery(person, draft));
  }
  async endRecovery(person: string): Promise<Result<BlindStanding, Refusal>> {
    await this.quorum.endRecovery(person);
    return ok(await this.standing(person));
  }

  /** What is there is sealed before this resolves; where it is cut off, at the next look at what is due. */
  async choose(person: string, choice: BlindChoice): Promise<Result<BlindStanding, Refusal>> {
    const chosen = await this.#choosing.choose(person, choice);
    if (!chosen.ok) return chosen;
    await this.#seal(person);
    await this.#forgetWhereDone(person);
    return ok(await this.standing(person));
  }

  async handBack(
    person: string,
    keys: readonly HandedBack[],
  ): Promise<Result<{ done: number; left: number }, Refusal>> {
    const { modes, inLane } = this.#parts;
    if (modes.of(person)?.state !== 'turning-off')
      return refuse('conflict', 'BLIND_NOT_TURNING_OFF', 'hand keys back: wanted that begun, by your passkey');
    let done = 0;
    for (const { key: text, ...place } of keys.slice(0, BLIND_SEALS_MAX)) {
      const key = Buffer.from(text, 'base64url');
      try {
        if (await inLane(person, () => this.#resealing.handBack(person, place, key))) done++;
      } finally {
        key.fill(0);
      }
    }
    const left = await this.#resealing.left(person);
    await this.#forgetWhereDone(person);
    return ok({ done, left });
  }

  /** What was cut off goes on; what was released for emergencies that are over goes. */
  async tend(): Promise<void> {
    for (const subject of await this.#resealing.unsealed()) await this.#seal(subject);
    for (const subject of this.#parts.modes.turningOff) await this.#forgetWhereDone(subject);
    await this.quorum.tend();
  }

  async #seal(subject: string): Promise<void> {
    const { sql, clock } = this.#parts;
    const versions = await this.#resealing.seal(subject);
    if (versions === 0) return;
    const at = clock();
    await sql.transact((tx) => {
      const data = { versions };
      tx.record({ module: 'vault', type: 'blind.sealed', actor: 'system', subject, at, personal: true, data });
      return Promise.resolve();
    });
  }
  async #forgetWhereDone(subject: string): Promise<void> {
    const { modes, inLane } = this.#parts;
    await inLane(subject, async () => {
      if (modes.of(subject)?.state !== 'turning-off' || (await this.#resealing.left(subject)) > 0) return;
      await this.#choosing.forget(subject);
    });
  }
  async #then(person: string, done: Promise<Result<void, Refusal>>): Promise<Result<BlindStanding, Refusal>> {
    const result = await done;
    return result.ok ? ok(await this.standing(person)) : result;
  }
}
