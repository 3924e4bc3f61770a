/** Networks: ports and VLANs of the city's own, and the gateways and partner networks that speak for devices. */
import type { ReactNode } from 'react';
import { Tabs } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk, useNow } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatDate, formatUntil } from '../../ui/format.ts';
import { IconAlertTriangle } from '../../ui/icons.ts';
import { CardSkeleton, Page } from '../../ui/parts.tsx';
import type { NetworkAccess } from './network-access.ts';
import { NetworkList } from './network-list.tsx';
import { Ports } from './network-ports.tsx';
import { Vlans } from './network-vlans.tsx';

/** No event tells of who joins at a plug. */
const PORTS_REFRESH_MS = 10_000;
const TABS = ['ports', 'vlans', 'speaking'] as const;
const said = words.networks;

function Reminder({ certificates }: Pick<NetworkAccess, 'certificates'>): ReactNode {
  const now = useNow();
  const due = certificates.filter(({ state }) => state !== 'good');
  if (due.length === 0) return null;
  const hasEnded = due.some(({ state }) => state === 'ended');
  return (
    <div className="cw-problem" role="alert">
      <IconAlertTriangle size={20} stroke={1.8} aria-hidden />
      <div className="cw-problem-text">
        <strong>{hasEnded ? said.radius.ended : said.radius.soon}</strong>
        {due.map(({ kind, notAfter }) => (
          <p key={kind}>
            {said.radius.day(said.radius.certificates[kind], formatDate(notAfter), formatUntil(notAfter, now))}
          </p>
        ))}
        <p>{said.radius.remedy}</p>
      </div>
    </div>
  );
}

export function NetworksPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const tab = TABS.find((one) => one === url.tab) ?? 'ports';
  const access = useAsk('getNetworkAccess', {}, { refreshMs: PORTS_REFRESH_MS });
  const shown = (body: (answer: NetworkAccess) => ReactNode): ReactNode => (
    <Answered query={access} wanted={said.wantedAccess} skeleton={<CardSkeleton height={260} />}>
      {body}
    </Answered>
  );
  return (
    <Page title={words.pages.networks.name} lead={said.lead}>
      {access.data && <Reminder certificates={access.data.certificates} />}
      <Tabs
        value={tab}
        onChange={(value) => setUrl({ tab: value, state: null }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label={said.sections}>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {said.tabs[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="ports" className="cw-tab-body">
          {shown((answer) => (
            <Ports access={answer} />
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="vlans" className="cw-tab-body">
          {shown((answer) => (
            <Vlans access={answer} />
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="speaking" className="cw-tab-body">
          <NetworkList />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
