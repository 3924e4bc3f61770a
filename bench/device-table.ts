/** What the product looks up in city and identity for each message, as a table: everybody is known, active and trusted. */
import type { Identity, TrustMark } from '@cityward/identity';
import { ok } from '@cityward/kernel';
import type { AccessParts } from '../apps/server/src/access.ts';
import type { SpeakingParts } from '../apps/server/src/speaking.ts';

/** The same object each time, as identity keeps it. */
const FULL_TRUST: TrustMark = { level: 'full', value: 100, conduct: 100 };

export function deviceTable(ids: readonly string[], deviceClass: 'camera' | 'air-sensor') {
  const known = { class: deviceClass, model: 'bench', site: 'site-1', ward: null };
  const careless = { criticality: 'low', neverCut: false };
  const records = new Map(ids.map((id) => [id, { id, name: id, ...known, ...careless }]));
  const identity = {
    admit: ({ commonName }: { readonly commonName: string }) =>
      records.has(commonName) ? ok({ device: commonName, standing: 'active' }) : { ok: false },
    standing: (id: string) => (records.has(id) ? 'active' : 'none'),
    networkOf: () => null,
    speakersFor: () => [],
    trustMarkOf: () => FULL_TRUST,
    maySpeak: (reporter: string, { subject }: { readonly subject?: string }) =>
      subject === reporter ? ok(undefined) : { ok: false },
  };
  const city = { record: (id: string) => records.get(id) ?? null };
  return {
    city: city as unknown as AccessParts['city'] & SpeakingParts['city'],
    identity: identity as unknown as Identity,
    local: { owns: () => false } as unknown as AccessParts['local'],
  };
}
