/** What goes with consents beside giving them and taking them back, as the vault shows it to others. */
import type { Consent, ConsentDraft, ConsentPreview, HandOnDraft } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import type { VaultOptions } from '../needs.ts';
import type { Consents } from './consents.ts';
import { previewFor } from './previewing.ts';

export interface Grants {
  /** What giving it would mean, in words; nothing is given. */
  preview(draft: ConsentDraft, by: string): ConsentPreview;
  /** By one who was given it, to somebody at the same organisation. */
  handOn(consent: string, draft: HandOnDraft, by: string): Promise<Result<Consent, Refusal>>;
  /** What others let this person see, now or later. */
  to(person: string): Promise<readonly Consent[]>;
  /** Whose it is, and who gave it; `null` for no such consent. */
  partiesOf(consent: string): Promise<{ readonly subject: string; readonly giver: string } | null>;
}

interface Open {
  readonly now: () => Consents;
  /** Refuses while the vault is closed: what was given then could be lost. */
  readonly whenOpen: <T>(
    what: string,
    work: (parts: { readonly consents: Consents }) => Promise<Result<T, Refusal>>,
  ) => Promise<Result<T, Refusal>>;
}

export const createGrants = (options: VaultOptions, { now, whenOpen }: Open): Grants => ({
  preview: (...what) => previewFor(options, now(), what),
  handOn: (...what) => whenOpen('hand a consent on', ({ consents }) => consents.handOn(...what)),
  to: (person) => now().to(person),
  partiesOf: async (consent) => {
    const found = await now().find(consent);
    return found && { subject: found.grant.subject, giver: found.given.by };
  },
});
