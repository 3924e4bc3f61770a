/** The services of the city, worst first: state, counts, and how many devices reported over the last 24 hours. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Skeleton } from '@mantine/core';
import type { ServiceCard } from '@cityward/contracts';
import { DEVICE_STATES } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount, formatShare } from '../../ui/format.ts';
import { Sparkline } from '../../ui/sparkline.tsx';
import { STATE_ICONS, worstState } from '../../ui/states.ts';
import { classesOf } from './service-classes.ts';

const rank = (service: ServiceCard): number => {
  const worst = worstState(service.states);
  return worst === null ? DEVICE_STATES.length : DEVICE_STATES.indexOf(worst);
};

/** What to say of a service in three words: the worst state and how many have it. */
function Verdict({ service }: { readonly service: ServiceCard }): ReactNode {
  const worst = worstState(service.states);
  if (worst === null) return <span className="cw-muted cw-small">{words.services.noDevices}</span>;
  const Sign = STATE_ICONS[worst];
  const count = service.states[worst] ?? 0;
  return (
    <span className="cw-verdict" data-state={worst}>
      <Sign size={14} stroke={2} aria-hidden />
      {count === service.devices
        ? words.services.all(words.states[worst].word)
        : words.services.some(formatCount(count), words.states[worst].word)}
    </span>
  );
}

function Service({ service }: { readonly service: ServiceCard }): ReactNode {
  const known = service.reporting.filter((value) => value !== null);
  const last = known.at(-1);
  const classes = classesOf(service.kind);
  const inside = (
    <>
      <span className="cw-service-name">{service.name}</span>
      <Verdict service={service} />
      {last !== undefined && (
        <Sparkline values={service.reporting} label={words.services.reporting(formatShare(last))} />
      )}
    </>
  );
  if (classes === null) return <div className="cw-service">{inside}</div>;
  return (
    <Link to="/fleet" search={{ class: classes }} className="cw-service">
      {inside}
    </Link>
  );
}

export function ServiceStrip({ services }: { readonly services: readonly ServiceCard[] }): ReactNode {
  const sorted = services.toSorted((a, b) => rank(a) - rank(b) || b.devices - a.devices);
  return (
    <section className="cw-services" aria-label={words.services.title}>
      {sorted.map((service) => (
        <Service key={service.id} service={service} />
      ))}
    </section>
  );
}

export const StripSkeleton = (): ReactNode => (
  <div className="cw-services" role="status" aria-label={words.loading}>
    {Array.from({ length: 10 }, (_, at) => (
      <div className="cw-service" key={at}>
        <Skeleton height={12} width="70%" className="cw-service-name" />
        <Skeleton height={12} width="60%" />
        <Skeleton height={12} />
      </div>
    ))}
  </div>
);
