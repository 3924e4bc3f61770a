/** Who is affected: services, people behind datasets, parties answerable. */
import type { ReactNode } from 'react';
import type { Affected, Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { Card, CardSkeleton } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';

const People = ({ affected }: { readonly affected: Affected }): ReactNode => (
  <Card title={words.affected.people}>
    <p className="cw-figure">
      {affected.people === 0 ? words.none : words.affected.about(formatCount(affected.people))}
    </p>
    <p className="cw-muted">{affected.people === 0 ? words.affected.nobody : words.affected.peopleText}</p>
    {affected.datasets.length > 0 && (
      <ul className="cw-plain-list">
        {affected.datasets.map((dataset) => (
          <li key={dataset.id}>
            <strong>{dataset.name}</strong>
            <span className="cw-small cw-block">
              {dataset.cohort} · {words.affected.persons(formatCount(dataset.people))} ·{' '}
              {formatPlural(dataset.devices.length, words.device.one, words.device.many)}
            </span>
            <span className="cw-muted cw-small">
              {words.affected.since} <Age at={dataset.since} />
            </span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

const Services = ({ affected }: { readonly affected: Affected }): ReactNode => (
  <Card title={words.affected.services}>
    {affected.services.length === 0 ? (
      <p className="cw-muted">{words.affected.noServices}</p>
    ) : (
      <ul className="cw-plain-list">
        {affected.services.map((service) => (
          <li key={service.id}>
            <strong>{service.name}</strong>
            <span className="cw-small cw-block">{service.effect}</span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

type Party = Affected['parties'][number];
/** One party once, with all that it is to these devices. */
function byParty(parties: readonly Party[]): (readonly [Party, ...Party[]])[] {
  const found = new Map<string, [Party, ...Party[]]>();
  for (const party of parties) {
    const known = found.get(party.id);
    if (known) known.push(party);
    else found.set(party.id, [party]);
  }
  return [...found.values()];
}

const Parties = ({ affected }: { readonly affected: Affected }): ReactNode => (
  <Card title={words.affected.parties}>
    {affected.parties.length === 0 ? (
      <p className="cw-muted">{words.affected.noParties}</p>
    ) : (
      <ul className="cw-plain-list">
        {byParty(affected.parties).map((roles) => (
          <li key={roles[0].id}>
            <strong>{roles[0].name}</strong>
            {roles.map((party) => (
              <span key={party.role} className="cw-small cw-block">
                {words.affected.as(party.role, formatPlural(party.devices, words.device.one, words.device.many))}
              </span>
            ))}
          </li>
        ))}
      </ul>
    )}
  </Card>
);

export function AffectedTab({ incident }: { readonly incident: Incident }): ReactNode {
  const affected = useAsk('affectedBy', { params: { id: incident.id } });
  return (
    <Answered query={affected} wanted={words.wanted.affected} skeleton={<CardSkeleton height={280} />}>
      {(answer) => (
        <div className="cw-columns">
          <People affected={answer} />
          <Services affected={answer} />
          <Parties affected={answer} />
        </div>
      )}
    </Answered>
  );
}
