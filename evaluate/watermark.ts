/** Whose copy a picture of a page is, by its hidden mark alone, after what people do to pictures. */
import { availableParallelism } from 'node:os';
import { startChild } from '../bench/ingest/plan.ts';
import type { Report, RunOptions } from '../bench/report.ts';
import type { Trial, Tried } from './watermark/process.ts';

const PAGES = 500;
const QUICK_PAGES = 10;
const CANDIDATES = 100_000;
const SINGLE = ['jpeg', 'crop', 'resize', 'all'];

export async function run({ quick }: RunOptions): Promise<Report> {
  const pages = quick ? QUICK_PAGES : PAGES;
  const tried: Tried[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const child = startChild(new URL('./watermark/process.ts', import.meta.url).href);
      try {
        await child.ask('begin', { candidates: CANDIDATES });
        while (next < pages) tried.push(await child.ask<Tried>('tryPage', { at: next++ }));
      } finally {
        await child.kill('SIGTERM');
      }
    }),
  );
  return { name: 'watermark', ...summary(tried) };
}

function summary(tried: readonly Tried[]): Pick<Report, 'figures' | 'workload'> {
  const trials = tried.flatMap((one) => one.trials);
  const of = (...attacks: readonly string[]): Trial[] => trials.filter(({ attack }) => attacks.includes(attack));
  const ratio = (some: readonly Trial[], holds: (trial: Trial) => boolean): number =>
    some.length === 0 ? 0 : some.filter(holds).length / some.length;
  const isTraced = ({ of: whose, found }: Trial): boolean => whose.some((one) => found.includes(one));
  const isWhole = ({ of: whose, found }: Trial): boolean => whose.every((one) => found.includes(one));
  const isFalse = ({ of: whose, found }: Trial): boolean => found.some((one) => !whose.includes(one));
  const decibels = tried.flatMap(({ likeness }) => (likeness === null ? [] : [likeness]));
  return {
    figures: {
      traced_ratio: ratio(of(...SINGLE), isTraced),
      false_attribution_ratio: ratio(trials, isFalse),
      ...Object.fromEntries(SINGLE.map((attack) => [`traced_${attack}_ratio`, ratio(of(attack), isTraced)])),
      traced_any_size_ratio: ratio(of('any size'), isTraced),
      collusion_average_one_traced_ratio: ratio(of('average'), isTraced),
      collusion_average_both_traced_ratio: ratio(of('average'), isWhole),
      collusion_halves_one_traced_ratio: ratio(of('halves'), isTraced),
      collusion_halves_both_traced_ratio: ratio(of('halves'), isWhole),
      likeness_min_db: Math.min(...decibels),
      likeness_mean_db: decibels.reduce((sum, one) => sum + one, 0) / decibels.length,
    },
    workload: {
      pages: tried.length,
      traces: trials.length,
      candidate_sessions: CANDIDATES,
      attacks:
        'JPEG q70; crop to 25 % of the area, of any shape and place; resize to 50 %; all three; the trace knows none of them',
      any_size: 'whole page at 35 to 160 %, JPEG q70, each fifth page',
      collusion:
        'two copies averaged, and halves of two beside one another, JPEG q70, each fifth page; each twentieth page without a mark too',
      false_attribution_bound: 'at most 1 in 10,000 whatever the picture (Hoeffding), by the fit that is asked for',
      likeness: 'PSNR of marked against unmarked, each twentieth page',
      missed: missed(trials),
    },
  };
}

const missed = (trials: readonly Trial[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind, attack, of, found } of trials)
    if (of.length === 1 && !found.includes(of[0]!))
      counts[`${kind}, ${attack}`] = (counts[`${kind}, ${attack}`] ?? 0) + 1;
  return counts;
};
