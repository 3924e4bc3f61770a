/** The records desk, for records and privacy officers: what is due, one task at a time, and what became of what is held. */
import type { ReactNode } from 'react';
import { Tabs } from '@mantine/core';
import type { DeskCounts } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { Page } from '../../ui/parts.tsx';
import { DueTab } from './due-tab.tsx';
import { CopiesTab } from './copies-tab.tsx';
import { DestructionsTab } from './destructions-tab.tsx';
import type { DeskTab } from './due.ts';
import { EmergenciesTab } from './emergencies-tab.tsx';
import { ExportsTab } from './exports-tab.tsx';
import { HoldsTab } from './holds-tab.tsx';
import { LivesTab } from './lives-tab.tsx';
import { RecipientsTab } from './recipients-tab.tsx';
import { RequestsTab } from './requests-tab.tsx';
import { TouchedTab } from './touched-tab.tsx';
import { UnsealingsTab } from './unsealings-tab.tsx';
import { VaultTab } from './vault-tab.tsx';
import { useDesk, type Desk } from './use-desk.ts';

const said = words.desk;
interface Part {
  readonly tab: DeskTab;
  /** Auditors are not let read it. */
  readonly officers?: true;
  readonly body: (desk: Desk) => ReactNode;
}
const PARTS: readonly Part[] = [
  { tab: 'due', body: (desk) => <DueTab desk={desk} /> },
  { tab: 'requests', officers: true, body: ({ requests }) => <RequestsTab requests={requests} /> },
  { tab: 'emergencies', officers: true, body: ({ glasses }) => <EmergenciesTab glasses={glasses} /> },
  { tab: 'lives', officers: true, body: ({ proposals }) => <LivesTab proposals={proposals} /> },
  { tab: 'holds', body: ({ holds }) => <HoldsTab holds={holds} /> },
  { tab: 'unsealings', body: ({ unsealings }) => <UnsealingsTab unsealings={unsealings} /> },
  { tab: 'exports', body: ({ exports }) => <ExportsTab exports={exports} /> },
  { tab: 'destructions', body: ({ destructions }) => <DestructionsTab destructions={destructions} /> },
  { tab: 'recipients', body: (desk) => <RecipientsTab desk={desk} /> },
  { tab: 'copies', body: (desk) => <CopiesTab desk={desk} /> },
  { tab: 'vault', body: ({ vault }) => <VaultTab vault={vault} /> },
  { tab: 'touched', officers: true, body: () => <TouchedTab /> },
];
const counted = (counts: DeskCounts | undefined, tab: DeskTab): number =>
  counts !== undefined && Object.hasOwn(counts, tab) ? counts[tab as keyof DeskCounts] : 0;

const Lead = (): ReactNode => {
  const { portal } = useSession().session;
  return (
    <>
      <p>{said.lead}</p>
      {portal !== null && (
        <p>
          <a href={`${portal}/shared`}>{said.portal}</a>
        </p>
      )}
    </>
  );
};

export function DeskPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const desk = useDesk();
  const parts = PARTS.filter(({ officers }) => officers !== true || desk.isOfficer);
  const tab = parts.find((one) => one.tab === url.tab)?.tab ?? 'due';
  return (
    <Page title={words.pages.desk.name} lead={<Lead />}>
      <Tabs value={tab} onChange={(value) => setUrl({ tab: value, item: null }, { replace: true })} keepMounted={false}>
        <Tabs.List aria-label={said.sections} className="cw-tabs-scroll">
          {parts.map((part) => (
            <Tabs.Tab key={part.tab} value={part.tab}>
              {said.counted(said.tabs[part.tab], counted(desk.counts.data, part.tab))}
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
