/** A person's own key, and the choice that the city cannot read their records: signed by their passkey, or none. */
import type { BlindChoice, BlindChoiceText, BlindKeyDraft } from '@cityward/contracts';
import { BLIND_PASSKEYS_MAX } from '@cityward/contracts';
import { OperationalFault, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { judgeChoice, readChoice, type ChoiceWhy } from '../domain/blind/choice.ts';
import type { Tx } from '@cityward/sql';
import type { Changed } from '../lease/views.ts';
import type { Lives } from '../lives/lives.ts';
import { phaseAt } from '../domain/lives/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import { addNotice } from '../notices/notices.ts';
import type { Lanes } from '../records/lanes.ts';
import type { BlindModes } from './modes.ts';
import * as store from './mode-store.ts';
import type { Mode } from './mode-store.ts';
import { isPublicKey } from './sealing.ts';
import { signedBy } from './signed.ts';

const MODULE = 'vault';

export interface ChoosingParts extends Pick<VaultOptions, 'sql' | 'clock' | 'passkeyAtPortal'> {
  readonly modes: BlindModes;
  readonly sharing: Sharing;
  readonly inLane: Lanes;
  readonly lives: Pick<Lives, 'of'>;
  /** Whatever of theirs is open anywhere goes dark. */
  readonly review: (changed: Changed) => void;
}
type Answer = Promise<Result<void, Refusal>>;

export class Choosing {
  readonly #parts: ChoosingParts;
  constructor(parts: ChoosingParts) {
    this.#parts = parts;
  }

  async keep(person: string, draft: BlindKeyDraft): Answer {
    const { sql, clock } = this.#parts;
    const where = `keep a key of "${person}"`;
    if (!(await isPublicKey(draft.publicKey)))
      return refuse('invalid', 'BLIND_KEY_WRONG', `${where}: it is no public key, wanted a point on P-256`);
    const at = clock();
    const isKept = await sql.transact(async (tx) => {
      if (!(await store.addKey(tx, draft, { person, at }))) return false;
      // Ciphertext under the passkey: with it the key is there again where an older copy was put back.
      const data = { ...draft };
      tx.record({ module: MODULE, type: 'blind.key-kept', actor: person, subject: person, at, personal: true, data });
      return true;
    });
    return isKept
      ? ok(undefined)
      : refuse('conflict', 'BLIND_KEY_THERE', `${where}: there is one, which is never replaced`);
  }

  async wrap(person: string, wrap: Pick<BlindKeyDraft, 'credential' | 'wrapped'>): Answer {
    const { sql, clock } = this.#parts;
    const where = `wrap the key of "${person}"`;
    const key = await store.keyOf(sql, person);
    if (key === null) return refuse('not-found', 'BLIND_KEY_NONE', `${where}: there is none`);
    if (key.wraps.length >= BLIND_PASSKEYS_MAX)
      return refuse('conflict', 'BLIND_KEY_FULL', `${where}: wanted at most ${BLIND_PASSKEYS_MAX} passkeys`);
    const at = clock();
    const isAdded = await sql.transact(async (tx) => {
      if (!(await store.addWrap(tx, wrap, { person, at }))) return false;
      const data = { passkeys: key.wraps.length + 1, ...wrap };
      tx.record({
        module: MODULE,
        type: 'blind.key-wrapped',
        actor: person,
        subject: person,
        at,
        personal: true,
        data,
      });
      return true;
    });
    return isAdded ? ok(undefined) : refuse('conflict', 'BLIND_KEY_WRAPPED', `${where}: that passkey opens it already`);
  }

  /** In force in memory, and at every other node, when it resolves: nothing of theirs leaves in the clear any more. */
  async choose(person: string, choice: BlindChoice): Answer {
    const { sql, clock, inLane } = this.#parts;
    const where = 'choose who can read your records';
    const publicKey = await store.publicKeyOf(sql, person);
    if (publicKey === null) return refuse('conflict', 'BLIND_KEY_NONE', `${where}: wanted a key of your own first`);
    const judged = judgeChoice(readChoice(choice.text), { person, publicKey, now: clock() });
    if (!judged.ok) return refuse('invalid', 'BLIND_CHOICE_WRONG', `${where}: ${WORDS[judged.error]}`);
    const signed = await signedBy(this.#parts.passkeyAtPortal, choice, { person, where });
    if (!signed.ok) return signed;
    return inLane(person, () =>
      judged.value.do === 'turn-on' ? this.#turnOn(judged.value, choice) : this.#turnOff(judged.value, choice),
    );
  }

  async #turnOn(choice: BlindChoiceText, { text, signature, shares }: BlindChoice): Answer {
    const { sql, modes, lives, clock } = this.#parts;
    const { subject, holders, needed } = choice;
    const where = 'have your records such that the city cannot read them';
    if (modes.of(subject) !== null) return refuse('conflict', 'BLIND_ALREADY', `${where}: they are`);
    const life = lives.of(subject);
    if (phaseAt(life, clock()) !== 'of-age')
      return refuse('forbidden', 'BLIND_REPRESENTED', `${where}: wanted somebody who acts for themself`);
    for (const [i, { person, publicKey }] of holders.entries())
      if (publicKey !== (await store.publicKeyOf(sql, person)) || shares[i]?.to !== person)
        return refuse(
          'conflict',
          'BLIND_HOLDER_KEY',
          `${where}: "${person}" has another key, wanted the one they have now`,
        );
    const at = clock();
    const mode: Mode = {
      ...{ subject, state: 'on', since: at, needed, publicKey: choice.publicKey },
      holders: holders.map((one, i) => ({ ...one, share: shares[i]!.sealed })),
    };
    await this.#change(subject, async (tx) => {
      if ((await store.publicKeyOf(tx, subject)) !== mode.publicKey)
        throw new OperationalFault(`${where}: you made a new key at the same moment, wanted it signed with that one`);
      await store.addMode(tx, mode, JSON.stringify({ text, signature }));
      // With all that is needed to have it in force again where an older copy was put back.
      const shown = mode.holders.map(({ person, publicKey, share }) => [person, publicKey, share].join(' '));
      const data = { needed, holders: shown, publicKey: mode.publicKey, text, signature: { ...signature } };
      tx.record({ module: MODULE, type: 'blind.turned-on', actor: subject, subject, at, personal: true, data });
      const about = { needed, holders: holders.map(({ person }) => person) };
      await addNotice(tx, { subject, kind: 'blind-turned-on', at, about, by: subject });
    });
    return ok(undefined);
  }

  async #turnOff({ subject }: BlindChoiceText, { text, signature }: BlindChoice): Answer {
    const { modes, clock } = this.#parts;
    if (modes.of(subject)?.state !== 'on')
      return refuse(
        'conflict',
        'BLIND_NOT_ON',
        'let the city read your records again: wanted records that it cannot read',
      );
    const at = clock();
    await this.#change(subject, async (tx) => {
      await store.turnOff(tx, subject, JSON.stringify({ text, signature }));
      const data = { text };
      tx.record({ module: MODULE, type: 'blind.turned-off', actor: subject, subject, at, personal: true, data });
      await addNotice(tx, { subject, kind: 'blind-turned-off', at, about: {}, by: subject });
    });
    return ok(undefined);
  }

  /** Once everything was handed back. */
  forget(subject: string): Promise<void> {
    return this.#change(subject, (tx) => store.removeMode(tx, subject));
  }

  async #change(subject: string, work: (tx: Tx) => Promise<void>): Promise<void> {
    const { sql, modes, sharing, review } = this.#parts;
    await sql.transact(async (tx) => {
      await store.lockChoice(tx, subject);
      await work(tx);
      await sharing.tell(tx, { do: 'blind', subject });
    });
    await modes.learn(subject);
    review({ subject });
    await sharing.settled();
  }
}

export const WORDS: Readonly<Record<ChoiceWhy, string>> = {
  'not-of-the-form': 'what was signed is no choice of ours',
  'of-somebody-else': 'what was signed is somebody else’s choice',
  'not-fresh': 'it was signed too long ago, wanted within five minutes',
  'price-not-accepted': 'wanted every point of its price accepted',
  'another-key': 'it names another key than yours',
  'too-few-holders': 'wanted nobody, or at least two who must agree',
  'holder-twice': 'somebody is named twice',
  'holder-is-oneself': 'you are named among those who hold shares, wanted others',
};
