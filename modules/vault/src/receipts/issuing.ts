/** Receipts of consents from before there were any: issued when somebody asks for one, and some at a time in the background. */
import type { ReceiptEvent } from '@cityward/contracts';
import { readConsent, type StoredConsent } from '../consents/consent-store.ts';
import type { VaultOptions } from '../needs.ts';
import { consentsAfter, holdConsent, readReceipt, type ConsentBare } from './receipt-store.ts';
import type { WriteReceipt } from './receipts.ts';

/** Looked at in one turn. */
export const ISSUE_BATCH = 500;

export interface IssuingParts extends Pick<VaultOptions, 'sql' | 'clock' | 'log'> {
  readonly write: WriteReceipt;
  readonly limit?: number;
}

export class Issuing {
  readonly #parts: IssuingParts;
  /** The last consent that was looked at; `null` once all were: whatever is given from then on has its receipt with it. */
  #after: string | null = '';

  constructor(parts: IssuingParts) {
    this.#parts = parts;
  }

  /** Those of one consent that are not there. Answers whether there were any. */
  async issue(id: string): Promise<boolean> {
    const consent = await readConsent(this.#parts.sql, id);
    if (consent === null) return false;
    let isAny = false;
    for (const event of eventsOf(consent))
      if ((await readReceipt(this.#parts.sql, id, event)) === null) {
        await this.#issueOne(consent, event);
        isAny = true;
      }
    return isAny;
  }

  /** The next of them. Answers how many consents got what they had not. */
  async issueLeft(): Promise<number> {
    if (this.#after === null) return 0;
    const { sql, log, limit = ISSUE_BATCH } = this.#parts;
    try {
      const looked = await consentsAfter(sql, { after: this.#after, limit });
      let issued = 0;
      for (const { id } of looked.filter(isBare)) if (await this.issue(id)) issued++;
      this.#after = looked.length < limit ? null : looked.at(-1)!.id;
      return issued;
    } catch (fault) {
      log.warn('receipts of earlier consents could not be issued; tried again soon', { fault: String(fault) });
      return 0;
    }
  }

  async #issueOne(consent: StoredConsent, event: ReceiptEvent): Promise<void> {
    const { sql, clock, write } = this.#parts;
    const { id, subject } = consent.grant;
    const happened = happenedAt(consent, event);
    const at = Math.max(clock(), happened + 1);
    const receipt = write(consent, event, at);
    const told = { consent: id, event, happened, receipt: receipt.hash };
    await sql.transact(async (tx) => {
      await holdConsent(tx, id);
      // Where another process was quicker, its own stands.
      if ((await readReceipt(tx, id, event)) !== null) return;
      const shared = { module: 'vault', actor: 'system', subject, at, personal: true } as const;
      await receipt.keep(tx, tx.record({ ...shared, type: 'consent.receipt-issued', data: told }));
    });
  }
}

const eventsOf = ({ grant: { parent, state } }: StoredConsent): readonly ReceiptEvent[] => [
  parent === null ? 'given' : 'handed-on',
  ...(state.is === 'taken-back' ? (['taken-back'] as const) : []),
];
export const happenedAt = ({ grant: { state }, given }: StoredConsent, event: ReceiptEvent): number =>
  event === 'taken-back' && state.is === 'taken-back' ? state.at : given.at;
const isBare = ({ receipts, isTakenBack }: ConsentBare): boolean => receipts < (isTakenBack ? 2 : 1);
