/** City now: is the city safe, and what needs me? */
import type { ReactNode } from 'react';
import type { CityNow } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useUrl } from '../../frame/url.ts';
import { useAsk, useLive } from '../../live/hooks.ts';
import { formatCount, formatRate } from '../../ui/format.ts';
import { CardSkeleton, Page } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { needing, type StateCounts } from '../../ui/states.ts';
import { TopSituation } from '../respond/top-situation.tsx';
import { CityMap } from './city-map.tsx';
import { ServiceStrip, StripSkeleton } from './service-strip.tsx';
import { StatesCard } from './states-card.tsx';

/** The counts of the ward in the address, else of the whole city (fresher from the live stream). */
function useCounts(city: CityNow | undefined): StateCounts | undefined {
  const { ward } = useUrl();
  const live = useLive((state) => state.states);
  if (ward !== undefined) return city?.wards.find((one) => one.id === ward)?.states;
  return live ?? city?.states;
}

function headline(city: CityNow | undefined, counts: StateCounts | undefined, ward: string | undefined): string {
  if (!city || !counts) return words.pages.city.name;
  const place = city.wards.find((one) => one.id === ward)?.name ?? city.name;
  const count = needing(counts);
  if (count > 0) return words.city.needs(count, place);
  const unknown = counts.unknown ?? 0;
  return unknown === 0 ? words.city.calm(place) : words.city.unheard(unknown, place);
}

function Pulse({ city }: { readonly city: CityNow }): ReactNode {
  const rate = useLive((state) => state.observationsPerSecond) ?? city.observationsPerSecond;
  return (
    <>
      {words.city.pulse(formatCount(city.devices), formatRate(rate))}
      {city.history !== '' && ` ${words.city.history(city.history)}`}
    </>
  );
}

export function CityNowPage(): ReactNode {
  const city = useAsk('cityNow', {}, { refreshMs: 30_000 });
  const { ward } = useUrl();
  const counts = useCounts(city.data);
  return (
    <Page
      title={headline(city.data, counts, ward)}
      lead={city.data ? <Pulse city={city.data} /> : city.error ? undefined : words.city.waiting}
      fill
    >
      <div className="cw-city">
        <CityMap />
        <aside className="cw-city-side">
          <TopSituation />
          {counts ? <StatesCard counts={counts} /> : !city.error && <CardSkeleton height={230} />}
          {city.error && !city.data && (
            <ProblemNote error={city.error} wanted={words.wanted.city} retry={() => void city.refetch()} />
          )}
        </aside>
        {city.data ? <ServiceStrip services={city.data.services} /> : !city.error && <StripSkeleton />}
      </div>
    </Page>
  );
}
