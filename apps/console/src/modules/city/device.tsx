/** The device page: can I trust this one? */
import type { ReactNode } from 'react';
import { useParams, Link } from '@tanstack/react-router';
import type { DeviceDetail } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useVisitor } from '../../frame/session.ts';
import { useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount } from '../../ui/format.ts';
import { Card, CardSkeleton, Facts, Page } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { BehaviourCards } from '../watch/behaviour-card.tsx';
import { DeviceFindings } from '../watch/device-findings.tsx';
import { GateCard } from '../identity/gate-card.tsx';
import { BaselineCard } from '../fleet/baseline-card.tsx';
import { IdentityCard } from '../identity/identity-card.tsx';
import { LeavingCard } from '../identity/leaving-card.tsx';
import { TrustCard } from '../identity/trust-card.tsx';
import { VisitedDevice } from '../identity/visited-device.tsx';
import { deviceFacts, StateLine } from './device-card.tsx';
import { NeighbourTable } from './neighbour-table.tsx';

const About = ({ detail }: { readonly detail: DeviceDetail }): ReactNode => (
  <Card
    title={words.device.about}
    aside={detail.device.simulated && <span className="cw-tag">{words.device.simulated}</span>}
  >
    <Facts facts={deviceFacts(detail.device)} />
  </Card>
);

const Answerable = ({ detail }: { readonly detail: DeviceDetail }): ReactNode => (
  <Card title={words.device.answerable}>
    <Facts
      facts={[
        { term: words.device.owner, value: detail.owner?.name ?? words.notKnown },
        { term: words.device.maintainer, value: detail.maintainer?.name ?? words.notKnown },
        { term: words.device.installer, value: detail.installer?.name ?? words.notKnown },
        {
          term: words.device.installed,
          value: detail.installed === null ? words.notKnown : <Moment at={detail.installed} />,
        },
        { term: words.device.failSafe, value: detail.failSafe || words.notKnown },
        { term: words.device.backup, value: detail.backup || words.notKnown },
        { term: words.device.cutting, value: detail.neverCut ? words.device.neverCut : words.device.mayCut },
        { term: words.device.source, value: detail.source },
      ]}
    />
  </Card>
);

const Datasets = ({ detail }: { readonly detail: DeviceDetail }): ReactNode => (
  <Card title={words.device.datasets}>
    {detail.datasets.length === 0 ? (
      <p className="cw-muted">{words.device.noDatasets}</p>
    ) : (
      <ul className="cw-plain-list">
        {detail.datasets.map((dataset) => (
          <li key={dataset.id}>
            <strong>{dataset.name}</strong>
            <span className="cw-small cw-block">
              {dataset.cohort} · {words.affected.persons(formatCount(dataset.people))}
            </span>
            <span className="cw-muted cw-small">{dataset.purpose}</span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

function Timeline({ detail }: { readonly detail: DeviceDetail }): ReactNode {
  const { from, to } = useUrl();
  const items = detail.timeline.filter(
    (item) => (from === undefined || item.at >= from) && (to === undefined || item.at <= to),
  );
  return (
    <Card title={words.device.timeline}>
      {items.length === 0 ? (
        <p className="cw-muted">{words.device.noTimeline}</p>
      ) : (
        <ol className="cw-events">
          {items.map((item, at) => (
            <li key={`${item.at} ${at}`} className="cw-event">
              <span className="cw-event-time">
                <Moment at={item.at} />
              </span>
              <span className="cw-event-text">
                {item.text}
                <span className="cw-muted cw-small">
                  {item.actor !== '' && (
                    <>
                      {words.timeline.by} <Person id={item.actor} />
                    </>
                  )}
                  {item.entry !== null && (
                    <>
                      {' · '}
                      <Link to="/evidence" search={{ q: String(item.entry) }}>
                        {words.timeline.entry(item.entry)}
                      </Link>
                    </>
                  )}
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

const Whole = ({ detail }: { readonly detail: DeviceDetail }): ReactNode => (
  <Page title={detail.device.name} lead={<span className="cw-muted">{detail.device.id}</span>}>
    <StateLine device={detail.device} />
    <div className="cw-two">
      <div className="cw-stack-wide">
        <BehaviourCards id={detail.device.id} />
        <DeviceFindings id={detail.device.id} />
        <NeighbourTable neighbours={detail.neighbours} />
        <Timeline detail={detail} />
      </div>
      <div className="cw-stack-wide">
        <TrustCard id={detail.device.id} />
        <IdentityCard id={detail.device.id} />
        <GateCard id={detail.device.id} />
        <LeavingCard id={detail.device.id} />
        <BaselineCard id={detail.device.id} />
        <About detail={detail} />
        <Datasets detail={detail} />
        <Answerable detail={detail} />
      </div>
    </div>
  </Page>
);

const DeviceSkeleton = ({ id }: { readonly id: string }): ReactNode => (
  <Page title={id}>
    <div className="cw-two">
      <div className="cw-stack-wide">
        <CardSkeleton height={220} />
        <CardSkeleton height={160} />
      </div>
      <div className="cw-stack-wide">
        <CardSkeleton height={140} />
        <CardSkeleton height={220} />
      </div>
    </div>
  </Page>
);

export function DevicePage(): ReactNode {
  const { id } = useParams({ from: '/devices/$id' });
  const visits = useVisitor();
  const device = useAsk('getDevice', { params: { id } });
  return (
    <Answered key={id} query={device} wanted={words.wanted.device} skeleton={<DeviceSkeleton id={id} />}>
      {(answer) => (visits ? <VisitedDevice detail={answer} /> : <Whole detail={answer} />)}
    </Answered>
  );
}
