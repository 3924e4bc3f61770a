/** The incident room: what happened, where it started, who is affected, what to press, what is proved. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, Tabs } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import type { Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconLock } from '../../ui/icons.ts';
import { CardSkeleton, Page } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';
import { AffectedTab } from './affected-tab.tsx';
import { ContainTab } from './contain-tab.tsx';
import { CloseForm } from './incident-forms.tsx';
import { IncidentState } from './incidents.tsx';
import { objectOf } from './objects.ts';
import { ProofTab } from './proof-tab.tsx';
import { Severity } from './severity.tsx';
import { TimelineTab } from './timeline-tab.tsx';
import { TraceTab } from './trace-tab.tsx';

const TABS = ['timeline', 'trace', 'affected', 'contain', 'proof'] as const;
type Tab = (typeof TABS)[number];

/** The containment that holds now, if any. */
export const holding = (incident: Incident): Incident['containments'][number] | undefined =>
  incident.containments.find((one) => ['applying', 'in-force', 'partly-failed'].includes(one.state));

export const infected = (incident: Incident): string[] =>
  incident.devices.filter((device) => device.role === 'infected').map((device) => device.class);

function Actions({ incident }: { readonly incident: Incident }): ReactNode {
  const setUrl = useSetUrl();
  const [closing, setClosing] = useState(false);
  const mayAct = useRole('analyst');
  if (incident.state === 'closed' || !mayAct) return null;
  return (
    <>
      {!holding(incident) && (
        <Button
          color="danger"
          leftSection={<IconLock size={16} aria-hidden />}
          onClick={() => setUrl({ tab: 'contain' })}
        >
          {words.contain.act(objectOf(infected(incident)))}
        </Button>
      )}
      <Button variant="default" onClick={() => setClosing(true)}>
        {words.incident.close}
      </Button>
      <Modal
        opened={closing}
        onClose={() => setClosing(false)}
        title={words.incident.close}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <CloseForm incident={incident} onClose={() => setClosing(false)} />
      </Modal>
    </>
  );
}

const Lead = ({ incident }: { readonly incident: Incident }): ReactNode => (
  <span className="cw-meta">
    <IncidentState state={incident.state} />
    <Severity severity={incident.situation.severity} />
    <span>
      {words.incident.openedBy} <Person id={incident.openedBy} />, <Age at={incident.opened} />
    </span>
    {incident.situation.wards.length > 0 && <span>{incident.situation.wards.join(', ')}</span>}
  </span>
);

function Room({ incident }: { readonly incident: Incident }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const tab: Tab = TABS.find((one) => one === url.tab) ?? 'timeline';
  return (
    <Page title={incident.title} lead={<Lead incident={incident} />} actions={<Actions incident={incident} />}>
      <Tabs value={tab} onChange={(next) => setUrl({ tab: next === 'timeline' ? null : next })} keepMounted={false}>
        <Tabs.List aria-label={words.incident.sections}>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {words.incident.tabs[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className="cw-tab-body">
          <Tabs.Panel value="timeline">
            <TimelineTab incident={incident} />
          </Tabs.Panel>
          <Tabs.Panel value="trace">
            <TraceTab incident={incident} />
          </Tabs.Panel>
          <Tabs.Panel value="affected">
            <AffectedTab incident={incident} />
          </Tabs.Panel>
          <Tabs.Panel value="contain">
            <ContainTab incident={incident} />
          </Tabs.Panel>
          <Tabs.Panel value="proof">
            <ProofTab incident={incident} />
          </Tabs.Panel>
        </div>
      </Tabs>
    </Page>
  );
}

export function IncidentRoomPage(): ReactNode {
  const { id } = useParams({ from: '/incidents/$id' });
  const incident = useAsk('getIncident', { params: { id } });
  return (
    <Answered
      query={incident}
      wanted={words.wanted.incident}
      skeleton={
        <Page title={words.incident.one}>
          <CardSkeleton height={320} />
        </Page>
      }
    >
      {(answer) => <Room incident={answer} />}
    </Answered>
  );
}
