/** To see a record by its owner's consent. */
import { against, type Grant } from '../domain/grant.ts';
import type { VaultOptions } from '../needs.ts';
import type { RecordHead } from '../records/store.ts';
import type { Basis, Ground, Look, Why } from '../viewing/deciding.ts';
import type { Consents } from './consents.ts';
import type { Lives } from '../lives/lives.ts';

interface Parts extends Pick<VaultOptions, 'clock'> {
  readonly consents: Pick<Consents, 'from' | 'now' | 'use' | 'givenOf'>;
  readonly lives: Pick<Lives, 'isWritten' | 'consentAgainst'>;
}

/** The consent by which it may be seen, one without a limit first; else why the last of them does not do. */
export function byConsent(parts: Parts): Ground {
  const { consents, clock } = parts;
  return (look, head) => {
    if (look.principal.type !== 'Person') return null;
    let best: Grant | null = null;
    let why: Why | null = null;
    for (const grant of consents.from(head.subject, look.principal.id)) {
      const reason = against(grant, askOf(look, head), clock()) ?? sleeps(parts, grant, head);
      if (reason !== null) why = reason;
      else if (best === null || grant.uses === null) best = grant;
    }
    if (best !== null) return basisOf(parts, look, { head, grant: best });
    return why === null ? null : { why };
  };
}

function basisOf(
  parts: Parts,
  look: Look,
  { head, grant }: { readonly head: RecordHead; readonly grant: Grant },
): Basis {
  const { consents, clock } = parts;
  const { id } = grant;
  return {
    by: 'consent',
    data: { consent: id },
    until: grant.until,
    count: () => consents.use(grant),
    against: () => {
      const now = consents.now(id);
      if (now === null) return 'no-consent';
      // The use that was counted for this very look does not speak against it.
      const counted = now.uses === null ? now : { ...now, used: now.used - 1 };
      return against(counted, askOf(look, head), clock()) ?? sleeps(parts, now, head);
    },
  };
}

function askOf({ principal, purpose, right }: Look, { id: record, subject, category }: RecordHead) {
  const { id: person, roles } = principal;
  return { subject, record, category, person, organisation: null, roles, right, purpose } as const;
}

/** Why a consent that says so does not count: whoever gave it for its subject may no longer. */
function sleeps({ consents, lives }: Parts, { id, subject, purpose }: Grant, { category }: RecordHead): Why | null {
  if (!lives.isWritten(subject)) return null;
  const given = consents.givenOf(id);
  return given === null ? 'no-consent' : lives.consentAgainst({ id, subject, purpose, given }, category);
}
