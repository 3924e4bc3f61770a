/** A key that its person lost and whose records it does not seal: another in its place, and what others sealed to it given anew by them. */
import { BLIND_RENEWED_MAX, type BlindNewKey, type BlindRenewal, type BlindToShare } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { newKeyFault } from '../domain/blind/choice.ts';
import { addNotice } from '../notices/notices.ts';
import { inLanes } from '../records/lanes.ts';
import { dropKeyReleases, openAsks } from './ask-store.ts';
import { WORDS, type ChoosingParts } from './choosing.ts';
import * as store from './mode-store.ts';
import type { Holding, KeyUses } from './mode-store.ts';
import * as seals from './seal-store.ts';
import { isPublicKey } from './sealing.ts';
import { signedBy } from './signed.ts';

const MODULE = 'vault';

export class RenewingKeys {
  readonly #parts: Omit<ChoosingParts, 'lives' | 'review'>;
  constructor(parts: Omit<ChoosingParts, 'lives' | 'review'>) {
    this.#parts = parts;
  }

  /** Not of one whose own records it opens: those would be lost, where a sheet or those who hold shares bring it back. */
  async replace(person: string, { text, signature, ...draft }: BlindNewKey): Promise<Result<void, Refusal>> {
    const { sql, clock, modes, inLane, sharing, passkeyAtPortal } = this.#parts;
    const where = `replace the key of "${person}"`;
    const inMode = () =>
      refuse('conflict', 'BLIND_KEY_IN_USE', `${where}: it opens your own records, wanted it brought back`);
    if ((await store.publicKeyOf(sql, person)) === null)
      return refuse('not-found', 'BLIND_KEY_NONE', `${where}: there is none`);
    if (!(await isPublicKey(draft.publicKey)))
      return refuse('invalid', 'BLIND_KEY_WRONG', `${where}: it is no public key, wanted a point on P-256`);
    const why = newKeyFault(text, { person, publicKey: draft.publicKey, now: clock() });
    if (why !== null) return refuse('invalid', 'BLIND_CHOICE_WRONG', `${where}: ${WORDS[why]}`);
    const signed = await signedBy(passkeyAtPortal, { text, signature }, { person, where });
    if (!signed.ok) return signed;
    const { named } = await store.usesOfKey(sql, person);
    const replaced = await inLanes(inLane, [person, ...named], () =>
      sql.transact(async (tx) => {
        for (const one of [person, ...named].sort()) await store.lockChoice(tx, one);
        if ((await store.readModes(tx, [person])).length > 0) return null;
        const at = clock();
        const uses = await store.replaceKey(tx, draft, { person, at });
        const data = { ...draft, text, signature: { ...signature } };
        tx.record({
          module: MODULE,
          type: 'blind.key-replaced',
          actor: person,
          subject: person,
          at,
          personal: true,
          data,
        });
        await tell(tx, uses, { person, at });
        for (const subject of uses.named) await sharing.tell(tx, { do: 'blind', subject });
        return uses.named;
      }),
    );
    if (!replaced) return inMode();
    for (const subject of replaced) await modes.learn(subject);
    await sharing.settled();
    return ok(undefined);
  }

  async waiting(subject: string): Promise<Result<BlindToShare, Refusal>> {
    const { sql, modes } = this.#parts;
    const { needed = 0, holders = [] } = modes.of(subject) ?? {};
    const limit = BLIND_RENEWED_MAX;
    return ok({
      ...{ needed, holders: holders.map(keyOf) },
      seals: holders.length === 0 ? [] : await seals.unsplitSeals(sql, subject, { holders: holders.length, limit }),
    });
  }

  async renew(subject: string, renewal: BlindRenewal): Promise<Result<{ done: number }, Refusal>> {
    const { sql, clock, modes, inLane, sharing } = this.#parts;
    const where = 'give shares anew';
    const { key, versions } = renewal;
    const done = await inLane(subject, async () => {
      const holders = modes.of(subject)?.holders ?? [];
      const isWhole = (shares: BlindRenewal['key']) =>
        shares.length === holders.length && shares.every(({ to }, i) => to === holders[i]!.person);
      if (holders.length === 0 || JSON.stringify(renewal.holders) !== JSON.stringify(holders.map(keyOf))) return null;
      if (![...versions.map(({ shares }) => shares), ...(key.length > 0 ? [key] : [])].every(isWhole)) return null;
      const open = (await seals.unsplitSeals(sql, subject, { holders: holders.length, limit: BLIND_RENEWED_MAX })).map(
        place,
      );
      const given = versions.filter((one) => open.includes(place(one)));
      const isGiven = await sql.transact(async (tx) => {
        await store.lockChoice(tx, subject);
        // Another process may have a holder's new key, of which this one has not heard yet.
        const [now] = await store.readModes(tx, [subject]);
        if (JSON.stringify(now?.holders.map(keyOf)) !== JSON.stringify(renewal.holders)) return false;
        for (const { record, version, shares } of given) {
          await seals.dropShares(tx, { record, version });
          for (const { to, sealed } of shares)
            await seals.addSeal(tx, { record, version }, { use: 'share', to, under: '', from: '', sealed });
        }
        if (key.length > 0) await splitAnew(tx, subject, key);
        await sharing.tell(tx, { do: 'blind', subject });
        const data = { versions: given.length, key: key.length > 0 };
        const fact = { type: 'blind.shares-renewed', actor: subject, subject, at: clock(), data } as const;
        tx.record({ module: MODULE, personal: true, ...fact });
        return true;
      });
      if (!isGiven) return null;
      await modes.learn(subject);
      await sharing.settled();
      return given.length + (key.length > 0 ? 1 : 0);
    });
    return done === null
      ? refuse(
          'conflict',
          'BLIND_HOLDER_KEY',
          `${where}: wanted one for each who holds shares, by the key they have now`,
        )
      : ok({ done });
  }
}

const place = ({ record, version }: { readonly record: string; readonly version: number }): string =>
  `${record}/${version}`;
const keyOf = ({ person, publicKey }: Holding) => ({ person, publicKey });

async function splitAnew(tx: Tx, subject: string, key: BlindRenewal['key']): Promise<void> {
  for (const share of key) await store.setShare(tx, subject, share);
  for (const { id, kind } of await openAsks(tx, { subject })) if (kind === 'recovery') await dropKeyReleases(tx, id);
}

/** Themself, and everybody whose browser sealed something to the key before. */
async function tell(tx: Tx, { named, gave }: KeyUses, { person, at }: { person: string; at: number }): Promise<void> {
  await addNotice(tx, { subject: person, kind: 'blind-key-replaced', at, about: {}, by: person });
  for (const subject of new Set([...named, ...gave])) {
    const about = { by: person, holds: named.includes(subject) ? 'yes' : 'no' };
    await addNotice(tx, { subject, kind: 'blind-other-key', at, about, by: person });
  }
}
