/** A life as it is shown. */
import type { LifeShown } from '@cityward/contracts';
import { phaseAt, standingAgainst, type Life } from '../domain/lives/life.ts';

export function shownLife(life: Life, asleep: readonly string[], now: number): LifeShown {
  const { subject, sixteenAt, diedAt, disputedSince, standings, keeps, keptFor, excluded } = life;
  return {
    ...{ subject, phase: phaseAt(life, now), sixteenAt, diedAt, disputedSince },
    standings: standings.map((one) => {
      const { document, recordedBy, confirmedBy } = one.proof;
      const { id, person, as, since, until, ended } = one;
      const acts = standingAgainst(life, one, now) === null;
      return { id, person, as, since, until, ended, proof: { document, recordedBy, confirmedBy }, acts };
    }),
    kept: [
      ...keptFor.map((category) => ({ category, because: 'interest' as const })),
      ...keeps.map((category) => ({ category, because: 'wish' as const })),
    ],
    excluded: [...excluded],
    asleep: [...asleep],
  };
}
