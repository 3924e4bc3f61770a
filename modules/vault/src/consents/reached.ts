/** Which records a consent reaches now: that they are there, never what is in them. */
import { GRANTED_RECORDS_MAX, type Consent, type GrantedRecord, type HeldRecord } from '@cityward/contracts';

const reaches = ({ scope }: Pick<Consent, 'scope'>, { id, category }: HeldRecord): boolean =>
  scope.of === 'categories' ? scope.categories.includes(category) : scope.records.includes(id);

export async function recordsReached(
  consents: readonly Consent[],
  recordsOf: (subject: string) => Promise<readonly HeldRecord[]>,
): Promise<GrantedRecord[]> {
  const reached: GrantedRecord[] = [];
  const standing = consents.filter(({ state }) => state === 'standing');
  for (const [subject, some] of Map.groupBy(standing, (one) => one.subject)) {
    for (const record of await recordsOf(subject)) {
      const last = record.versions.at(-1);
      if (record.destroyed !== null || last === undefined || !some.some((one) => reaches(one, record))) continue;
      reached.push({ id: record.id, subject, category: record.category, media: last.media, at: last.at });
      if (reached.length === GRANTED_RECORDS_MAX) return reached;
    }
  }
  return reached;
}
