/** Enrol: who waits for a person, who was kept out, and whose factory certificates may ask. */
import type { ReactNode } from 'react';
import { Tabs } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Page } from '../../ui/parts.tsx';
import { Discoveries } from './enrol-discoveries.tsx';
import { Gates } from './enrol-gates.tsx';
import { Makers } from './enrol-makers.tsx';
import { WaitingDevices } from './enrol-waiting.tsx';

/** No event tells of who comes to the door, so that it is looked at from time to time. */
export const DOOR_REFRESH_MS = 10_000;
const TABS = ['waiting', 'gates', 'discoveries', 'makers'] as const;

export function EnrolPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const tab = TABS.find((one) => one === url.tab) ?? 'waiting';
  const enrolments = useAsk('listEnrolments', {}, { refreshMs: DOOR_REFRESH_MS }).data?.enrolments ?? [];
  const discoveries = useAsk('listDiscoveries', {}, { refreshMs: DOOR_REFRESH_MS }).data?.discoveries ?? [];
  const gates = useAsk('listGates', {}, { refreshMs: DOOR_REFRESH_MS }).data?.gates.length ?? 0;
  const counts = {
    waiting: enrolments.filter(({ state }) => state === 'waiting').length,
    discoveries: discoveries.filter(({ state }) => state === 'quarantined').length,
    gates,
    makers: 0,
  };
  return (
    <Page title={words.pages.enrol.name} lead={words.enrol.lead}>
      <Tabs value={tab} onChange={(value) => setUrl({ tab: value }, { replace: true })} keepMounted={false}>
        <Tabs.List aria-label={words.enrol.sections}>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {words.enrol.tabName(words.enrol.tabs[one], counts[one])}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="waiting" className="cw-tab-body">
          <WaitingDevices />
        </Tabs.Panel>
        <Tabs.Panel value="gates" className="cw-tab-body">
          <Gates />
        </Tabs.Panel>
        <Tabs.Panel value="discoveries" className="cw-tab-body">
          <Discoveries />
        </Tabs.Panel>
        <Tabs.Panel value="makers" className="cw-tab-body">
          <Makers />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
