/** Keys of one's records for the person that a consent of one's own is for: sealed in the owner's browser, kept here as ciphertext. */
import { BLIND_SEALS_MAX, type BlindGiven, type VersionSeal } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Consents } from '../consents/consents.ts';
import type { StoredConsent } from '../consents/consent-store.ts';
import type { Grant } from '../domain/grant.ts';
import type { Emergencies } from '../emergency/emergencies.ts';
import type { VaultOptions } from '../needs.ts';
import { publicKeyOf } from './mode-store.ts';
import * as store from './seal-store.ts';
import type { OwnSeal } from './seal-store.ts';

const MODULE = 'vault';

export interface GivingParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly consents: Pick<Consents, 'now'>;
  readonly emergencies: Pick<Emergencies, 'get' | 'against'>;
}
export interface ToSeal {
  readonly to: { readonly person: string; readonly publicKey: string | null } | null;
  readonly seals: OwnSeal[];
}

export class GivingKeys {
  readonly #parts: GivingParts;
  constructor(parts: GivingParts) {
    this.#parts = parts;
  }

  /** All of one's own without a consent. */
  async waiting(subject: string, consent?: string): Promise<Result<ToSeal, Refusal>> {
    if (consent === undefined) return ok({ to: null, seals: await this.#unshared(subject, null) });
    const found = this.#ownConsent(subject, consent);
    if (!found.ok) return found;
    const { person, grant } = found.value;
    const to = { person, publicKey: await publicKeyOf(this.#parts.sql, person) };
    return ok({ to, seals: await this.#unshared(subject, grant) });
  }

  async give(
    subject: string,
    { consent, seals }: { readonly consent: string; readonly seals: readonly VersionSeal[] },
  ): Promise<Result<{ done: number }, Refusal>> {
    const { sql, clock } = this.#parts;
    const found = this.#ownConsent(subject, consent);
    if (!found.ok) return found;
    const { person: to, grant } = found.value;
    const waiting = await this.#unshared(subject, grant);
    const open = new Set(waiting.map(({ record, version }) => `${record}/${version}`));
    const given = seals.filter(({ record, version }) => open.has(`${record}/${version}`));
    if (given.length === 0) return ok({ done: 0 });
    const at = clock();
    await sql.transact(async (tx) => {
      for (const { sealed, ...place } of given)
        await store.addSeal(tx, place, { use: 'consent', to, under: consent, from: '', sealed });
      const data = { consent, to, records: [...new Set(given.map(({ record }) => record))] };
      tx.record({ module: MODULE, type: 'blind.shared', actor: subject, subject, at, personal: true, data });
    });
    return ok({ done: given.length });
  }

  /** Of others, whose keys this person was given by what still stands. */
  async givenTo(person: string): Promise<BlindGiven[]> {
    const given: BlindGiven[] = [];
    for (const { under, use, ...record } of await store.givenSeals(this.#parts.sql, person, BLIND_SEALS_MAX)) {
      if (use === 'consent') {
        const stored = this.#parts.consents.now(under);
        if (stored && this.#stands(stored)) given.push({ ...record, purpose: stored.grant.purpose, by: 'consent' });
        continue;
      }
      const glass = this.#parts.emergencies.get(under);
      if (glass && this.#parts.emergencies.against(glass) === null)
        given.push({ ...record, purpose: 'ETREAT', by: 'emergency' });
    }
    return given;
  }

  #unshared(subject: string, consent: Grant | null): Promise<OwnSeal[]> {
    return store.unsharedSeals(this.#parts.sql, subject, { consent, limit: BLIND_SEALS_MAX });
  }

  #stands({ grant: { state, until } }: StoredConsent): boolean {
    return state.is === 'standing' && this.#parts.clock() < until;
  }

  /** One that stands, of one's own, for a person by name. */
  #ownConsent(subject: string, id: string): Result<{ grant: Grant; person: string }, Refusal> {
    const where = `seal keys for consent "${id}"`;
    const stored = this.#parts.consents.now(id);
    if (stored?.grant.subject !== subject || !this.#stands(stored))
      return refuse('not-found', 'CONSENT_UNKNOWN', `${where}: you have given none of that id that stands`);
    const { person } = stored.grant.grantee;
    return person === null
      ? refuse('conflict', 'BLIND_NEEDS_NAME', `${where}: it is for a role, wanted one for a person by name`)
      : ok({ grant: stored.grant, person });
  }
}
