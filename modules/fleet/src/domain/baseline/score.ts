/**
 * The score of a device, tier by tier. Rule: passed out of passed, failed and unknown, in whole percent, rounded down, so that
 * 100 means all. What does not apply is not counted; what is excepted is counted apart, and never as passed. Where nothing was
 * read there is no score, since 0 would say that everything had failed.
 */
import { BASELINE_TIERS, type BaselineTier } from '@cityward/contracts';
import type { OutcomeState } from './judge.ts';

/** `met-but-excepted`: nothing failed and nothing is unknown, but somebody has answered for the rest. */
export const TIER_STATES = ['met', 'met-but-excepted', 'not-met', 'unknown', 'not-applicable'] as const;
export type TierState = (typeof TIER_STATES)[number];

export interface TierScore {
  readonly tier: BaselineTier;
  readonly state: TierState;
  /** Null where nothing is counted, or nothing of what is was read. */
  readonly score: number | null;
  readonly passed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly notApplicable: number;
  readonly excepted: number;
}
export interface Judged {
  readonly tier: BaselineTier;
  readonly state: OutcomeState;
  /** An exception is in force for it. */
  readonly excepted: boolean;
}

type Counts = Omit<TierScore, 'tier' | 'state' | 'score'>;

export function scoreOf(judged: Iterable<Judged>): readonly TierScore[] {
  const counts = new Map<BaselineTier, { -readonly [Name in keyof Counts]: number }>(
    BASELINE_TIERS.map((tier) => [tier, { passed: 0, failed: 0, unknown: 0, notApplicable: 0, excepted: 0 }]),
  );
  for (const { tier, state, excepted } of judged) {
    const own = counts.get(tier)!;
    if (state === 'not-applicable') own.notApplicable++;
    else if (state === 'passed') own.passed++;
    else if (excepted) own.excepted++;
    else if (state === 'failed') own.failed++;
    else own.unknown++;
  }
  return BASELINE_TIERS.map((tier) => withState(tier, counts.get(tier)!));
}

export function withState(tier: BaselineTier, counts: Counts): TierScore {
  const { passed, failed, unknown, excepted } = counts;
  const counted = passed + failed + unknown;
  const score = passed + failed === 0 ? null : Math.floor((100 * passed) / counted);
  const isMet = failed === 0 && unknown === 0;
  const state: TierState =
    failed > 0
      ? 'not-met'
      : unknown > 0
        ? 'unknown'
        : excepted > 0
          ? 'met-but-excepted'
          : passed > 0 && isMet
            ? 'met'
            : 'not-applicable';
  return { tier, state, score, ...counts };
}

/** One number of a device: over what the city asks of every installation, the default protection and the basic tier. */
export function standingOf(tiers: readonly TierScore[]): Omit<TierScore, 'tier'> {
  const asked = tiers.filter(({ tier }) => tier !== 'extended');
  const sum = (of: keyof Counts): number => asked.reduce((all, one) => all + one[of], 0);
  const { tier: _tier, ...standing } = withState('basic', {
    passed: sum('passed'),
    failed: sum('failed'),
    unknown: sum('unknown'),
    notApplicable: sum('notApplicable'),
    excepted: sum('excepted'),
  });
  return standing;
}
