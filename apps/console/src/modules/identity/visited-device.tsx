/** One device as a visitor sees it: how it is, how far it is trusted, its certificate; for an installer its checks and its baseline, too. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { DeviceDetail } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { Card, Facts, Page } from '../../ui/parts.tsx';
import { deviceFacts, StateLine } from '../city/device-card.tsx';
import { BaselineCard } from '../fleet/baseline-card.tsx';
import { GateCard } from './gate-card.tsx';
import { IdentityCard } from './identity-card.tsx';
import { TrustCard } from './trust-card.tsx';

export function VisitedDevice({ detail: { device } }: { readonly detail: DeviceDetail }): ReactNode {
  const installs = useRole('installer');
  return (
    <Page
      title={device.name}
      lead={<span className="cw-muted">{device.id}</span>}
      actions={<Link to="/visit">{words.visit.back}</Link>}
    >
      <StateLine device={device} />
      <div className="cw-columns cw-columns-2">
        <Card title={words.device.about}>
          <Facts facts={deviceFacts(device)} />
        </Card>
        <div className="cw-stack-wide">
          <TrustCard id={device.id} />
          <IdentityCard id={device.id} />
          {installs && <GateCard id={device.id} />}
          {installs && <BaselineCard id={device.id} />}
        </div>
      </div>
    </Page>
  );
}
