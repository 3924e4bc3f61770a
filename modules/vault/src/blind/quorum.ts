/** What those who hold shares decide together: to open records in an emergency, for one clinician and half an hour; to give a person their own key back. */
import {
  BLIND_ASKS_SHOWN_MAX,
  BLIND_SEALS_MAX,
  type BlindAsk,
  type BlindKeyDraft,
  type BlindRecovery,
  type VersionSeal,
} from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { StoredGlass } from '../emergency/glass-store.ts';
import type { Emergencies } from '../emergency/emergencies.ts';
import type { VaultOptions } from '../needs.ts';
import { addNotice } from '../notices/notices.ts';
import * as store from './ask-store.ts';
import type { StoredAsk } from './ask-store.ts';
import type { BlindModes } from './modes.ts';
import { publicKeyOf, type Mode } from './mode-store.ts';
import { isPublicKey } from './sealing.ts';
import { addSeal, dropReleases, sharesOf, type HeldShare } from './seal-store.ts';

const MODULE = 'vault';

export interface QuorumParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly modes: BlindModes;
  readonly emergencies: Pick<Emergencies, 'get' | 'against' | 'recordsFor' | 'shownFrom'>;
}
type Asked = { ask: string; needed: number; holders: string[] };
type EmergencyAsk = Extract<StoredAsk, { kind: 'emergency' }>;
interface ToRelease {
  readonly seals: readonly VersionSeal[];
  readonly holder: string;
}

export class Quorum {
  readonly #parts: QuorumParts;
  constructor(parts: QuorumParts) {
    this.#parts = parts;
  }

  /** By the clinician whose emergency it is; the patient was told when it began, and is told of each who agrees. */
  async askInEmergency(id: string, by: string): Promise<Result<Asked, Refusal>> {
    const { sql, clock, modes } = this.#parts;
    const where = `ask those who hold shares in emergency "${id}"`;
    const glass = this.#openGlass(id);
    if (glass?.by !== by)
      return refuse('not-found', 'GLASS_UNKNOWN', `${where}: you have none of that id that is open`);
    const mode = modes.of(glass.subject);
    if (!mode || mode.needed === 0) return refuse('conflict', 'BLIND_NO_HOLDERS', `${where}: nobody holds shares`);
    const publicKey = await publicKeyOf(sql, by);
    if (publicKey === null) return refuse('conflict', 'BLIND_KEY_NONE', `${where}: wanted a key of your own first`);
    const ask: StoredAsk = {
      ...{ id: newId<string>('bla'), subject: glass.subject, to: by, publicKey, at: clock() },
      ...{ kind: 'emergency', glass: id },
    };
    if (!(await this.#add(ask, mode))) return refuse('conflict', 'BLIND_ASKED', `${where}: they were asked already`);
    const holders = mode.holders.map(({ person }) => person).filter((person) => person !== by);
    return ok({ ask: ask.id, needed: mode.needed, holders });
  }

  /** @param draft a key that their new passkey opens: what is released is sealed to it, never to a key of the city's */
  async askRecovery(subject: string, draft: BlindKeyDraft): Promise<Result<void, Refusal>> {
    const { clock, modes } = this.#parts;
    const where = 'ask for your key back';
    const mode = modes.of(subject);
    if (!mode || mode.needed === 0)
      return refuse('conflict', 'BLIND_NO_HOLDERS', `${where}: nobody holds shares of it`);
    if (!(await isPublicKey(draft.publicKey)))
      return refuse('invalid', 'BLIND_KEY_WRONG', `${where}: it is no public key, wanted a point on P-256`);
    if ((await this.recoveryOf(subject)) !== null)
      return refuse('conflict', 'BLIND_ASKED', `${where}: they were asked already, wanted that ended first`);
    await this.#add({ id: newId<string>('bla'), subject, to: subject, at: clock(), kind: 'recovery', ...draft }, mode);
    return ok(undefined);
  }

  async recoveryOf(subject: string): Promise<BlindRecovery | null> {
    const { sql } = this.#parts;
    const ask = (await store.openAsks(sql, { subject })).find(({ kind }) => kind === 'recovery');
    if (ask?.kind !== 'recovery') return null;
    const { id, at, publicKey, salt, credential, wrapped } = ask;
    return { id, at, publicKey, salt, credential, wrapped, released: await store.keyReleases(sql, id) };
  }

  async endRecovery(subject: string): Promise<void> {
    const { sql, clock } = this.#parts;
    const recovery = await this.recoveryOf(subject);
    if (recovery === null) return;
    const at = clock();
    await sql.transact(async (tx) => {
      await store.endAsk(tx, recovery.id, at);
      await store.dropKeyReleases(tx, recovery.id);
      const data = { ask: recovery.id };
      tx.record({ module: MODULE, type: 'blind.recovery-ended', actor: subject, subject, at, personal: true, data });
    });
  }

  async asks(holder: string): Promise<BlindAsk[]> {
    const { sql, modes } = this.#parts;
    const shown: BlindAsk[] = [];
    for (const ask of await store.asksFor(sql, holder, BLIND_ASKS_SHOWN_MAX)) {
      const { id, subject, to, publicKey, at } = ask;
      const base = { id, subject, to, publicKey, at, is: ask.kind };
      if (ask.kind === 'recovery') {
        const share = modes.of(subject)?.holders.find(({ person }) => person === holder)?.share;
        const released = (await store.keyReleases(sql, id)).some(({ from }) => from === holder);
        const shares = share === undefined || share === '' ? [] : [{ record: '', version: 0, sealed: share }];
        shown.push({ ...base, glass: '', reason: null, organisation: null, until: null, released, shares });
        continue;
      }
      const glass = this.#openGlass(ask.glass);
      if (glass === null || to === holder) continue;
      const { reason, organisation, until } = glass;
      const shares = await this.#sharesIn(ask, holder);
      shown.push({
        ...{ ...base, glass: ask.glass, reason, organisation, until },
        // Those that are not come first.
        released: shares[0]?.released ?? false,
        shares: shares.map(({ released: _, ...share }) => share),
      });
    }
    return shown;
  }

  /** By one who holds shares and is not the one who asks: nobody releases to themself. */
  async release(id: string, { seals, holder }: ToRelease): Promise<Result<{ done: number }, Refusal>> {
    const { sql, modes } = this.#parts;
    const where = `release shares for "${id}"`;
    const ask = await store.askById(sql, id);
    const mode = ask && modes.of(ask.subject);
    if (!ask || !mode?.holders.some(({ person }) => person === holder))
      return refuse('not-found', 'BLIND_ASK_UNKNOWN', `${where}: you hold no share that is asked for so`);
    if (ask.to === holder)
      return refuse('forbidden', 'BLIND_RELEASE_TO_ONESELF', `${where}: wanted somebody else to agree`);
    return ask.kind === 'recovery'
      ? this.#releaseKey(ask, { seals, holder })
      : this.#releaseFor(ask, { seals, holder });
  }

  async #releaseFor(ask: EmergencyAsk, { seals, holder }: ToRelease): Promise<Result<{ done: number }, Refusal>> {
    const { sql } = this.#parts;
    if (this.#openGlass(ask.glass) === null)
      return refuse('conflict', 'BLIND_ASK_OVER', `release shares for "${ask.id}": the emergency is over`);
    const wanted = new Set((await this.#sharesIn(ask, holder)).map(({ record, version }) => `${record}/${version}`));
    const given = seals.filter(({ record, version }) => wanted.has(`${record}/${version}`));
    await sql.transact(async (tx) => {
      for (const { sealed, ...place } of given)
        await addSeal(tx, place, { use: 'release', to: ask.to, under: ask.glass, from: holder, sealed });
      await this.#tell(tx, ask, { holder, versions: given.length });
    });
    return ok({ done: given.length });
  }

  async #releaseKey(ask: StoredAsk, { seals, holder }: ToRelease): Promise<Result<{ done: number }, Refusal>> {
    const { sql, clock } = this.#parts;
    const [share] = seals;
    const isKey = seals.length === 1 && share?.record === '';
    if (!isKey)
      return refuse('invalid', 'BLIND_SHARE_WRONG', `release shares for "${ask.id}": wanted the one of their key`);
    const done = await sql.transact(async (tx) => {
      if (!(await store.addKeyRelease(tx, ask.id, { holder, sealed: share.sealed, at: clock() }))) return 0;
      await this.#tell(tx, ask, { holder, versions: 0 });
      return 1;
    });
    return ok({ done });
  }

  /** What was released for emergencies that are over goes. */
  async tend(): Promise<void> {
    const { sql, clock } = this.#parts;
    for (const ask of await store.openAsks(sql, { subject: null })) {
      if (ask.kind !== 'emergency' || this.#openGlass(ask.glass) !== null) continue;
      await sql.transact(async (tx) => {
        await store.endAsk(tx, ask.id, clock());
        await dropReleases(tx, ask);
      });
    }
  }

  #openGlass(id: string): StoredGlass | null {
    const glass = this.#parts.emergencies.get(id);
    return glass !== null && this.#parts.emergencies.against(glass) === null ? glass : null;
  }
  /** Of what may be seen in that emergency at all: what the patient excluded is not released either. */
  async #sharesIn({ glass, to }: EmergencyAsk, holder: string): Promise<HeldShare[]> {
    const records = await this.#parts.emergencies.recordsFor(glass, to);
    if (!records.ok) return [];
    const ids = records.value.map(({ id }) => id);
    return sharesOf(this.#parts.sql, holder, { records: ids, to, glass, limit: BLIND_SEALS_MAX });
  }

  async #add(ask: StoredAsk, { holders }: Mode): Promise<boolean> {
    const { sql } = this.#parts;
    const { id, subject, to, at, kind } = ask;
    return sql.transact(async (tx) => {
      if (!(await store.addAsk(tx, ask))) return false;
      const data = { ask: id, kind, publicKey: ask.publicKey, ...inEmergency(ask) };
      tx.record({ module: MODULE, type: 'blind.asked', actor: to, subject, at, personal: true, data });
      for (const { person } of holders)
        if (person !== to)
          await addNotice(tx, {
            subject: person,
            kind: 'blind-share-asked',
            at,
            about: { ask: id, by: to, kind, of: subject },
            by: to,
          });
      return true;
    });
  }
  async #tell(
    ...[tx, ask, { holder, versions }]: readonly [
      Parameters<typeof addSeal>[0],
      StoredAsk,
      { readonly holder: string; readonly versions: number },
    ]
  ): Promise<void> {
    const at = this.#parts.clock();
    const { id, subject, to, kind } = ask;
    const data = { ask: id, kind, to, versions, ...inEmergency(ask) };
    tx.record({ module: MODULE, type: 'blind.released', actor: holder, subject, at, personal: true, data });
    const about = { ask: id, kind, by: holder, to };
    const shownFrom = kind === 'recovery' ? at : this.#parts.emergencies.shownFrom(subject, at);
    await addNotice(tx, { subject, kind: 'blind-share-released', at, about, shownFrom, by: holder });
  }
}

/** So that it is told as what else was done in that emergency, and waits with it where an order says so. */
const inEmergency = (ask: StoredAsk): Readonly<Record<string, string>> =>
  ask.kind === 'emergency' ? { glass: ask.glass } : {};
