/** The records desk, for records and privacy officers: what is due, one task at a time, and what became of what is held. */
import type { ReactNode } from 'react';
import { Tabs } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { Page } from '../../ui/parts.tsx';
import { DueTab } from './due-tab.tsx';
import { CopiesTab } from './copies-tab.tsx';
import { DestructionsTab } from './destructions-tab.tsx';
import { waitsForReceipt, type DeskTab } from './due.ts';
import { EmergenciesTab } from './emergencies-tab.tsx';
import { ExportsTab } from './exports-tab.tsx';
import { HoldsTab } from './holds-tab.tsx';
import { LivesTab } from './lives-tab.tsx';
import { RecipientsTab } from './recipients-tab.tsx';
import { RequestsTab } from './requests-tab.tsx';
import { TouchedTab } from './touched-tab.tsx';
import { VaultTab } from './vault-tab.tsx';
import { useDesk, type Desk } from './use-desk.ts';

const said = words.desk;
interface Part {
  readonly tab: DeskTab;
  /** Auditors are not let read it. */
  readonly officers?: true;
  readonly count?: (desk: Desk) => number;
  readonly body: (desk: Desk) => ReactNode;
}
const PARTS: readonly Part[] = [
  { tab: 'due', body: (desk) => <DueTab desk={desk} /> },
  {
    ...{ tab: 'requests', officers: true },
    count: ({ requests }) => requests.data?.requests.length ?? 0,
    body: ({ requests }) => <RequestsTab requests={requests} />,
  },
  {
    ...{ tab: 'emergencies', officers: true },
    count: ({ glasses }) => glasses.data?.glasses.length ?? 0,
    body: ({ glasses }) => <EmergenciesTab glasses={glasses} />,
  },
  {
    ...{ tab: 'lives', officers: true },
    count: ({ proposals }) => proposals.data?.proposals.length ?? 0,
    body: ({ proposals }) => <LivesTab proposals={proposals} />,
  },
  {
    tab: 'holds',
    count: ({ holds }) => holds.data?.holds.length ?? 0,
    body: ({ holds }) => <HoldsTab holds={holds} />,
  },
  {
    tab: 'exports',
    count: ({ exports }) => exports.data?.exports.filter(({ state }) => state === 'asked').length ?? 0,
    body: ({ exports }) => <ExportsTab exports={exports} />,
  },
  {
    tab: 'destructions',
    count: ({ destructions }) =>
      destructions.data?.destructions.filter(({ state }) => state !== 'certified').length ?? 0,
    body: ({ destructions }) => <DestructionsTab destructions={destructions} />,
  },
  {
    tab: 'recipients',
    count: ({ recipients }) => recipients.data?.requests.filter(waitsForReceipt).length ?? 0,
    body: ({ recipients }) => <RecipientsTab recipients={recipients} />,
  },
  { tab: 'copies', body: (desk) => <CopiesTab desk={desk} /> },
  { tab: 'vault', body: ({ vault }) => <VaultTab vault={vault} /> },
  { tab: 'touched', officers: true, body: () => <TouchedTab /> },
];

export function DeskPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const desk = useDesk();
  const parts = PARTS.filter(({ officers }) => officers !== true || desk.isOfficer);
  const tab = parts.find((one) => one.tab === url.tab)?.tab ?? 'due';
  return (
    <Page title={words.pages.desk.name} lead={said.lead}>
      <Tabs value={tab} onChange={(value) => setUrl({ tab: value, item: null }, { replace: true })} keepMounted={false}>
        <Tabs.List aria-label={said.sections} className="cw-tabs-scroll">
          {parts.map((part) => (
            <Tabs.Tab key={part.tab} value={part.tab}>
              {said.counted(said.tabs[part.tab], part.count?.(desk) ?? 0)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {parts.map((part) => (
          <Tabs.Panel key={part.tab} value={part.tab} className="cw-tab-body">
            {part.body(desk)}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
