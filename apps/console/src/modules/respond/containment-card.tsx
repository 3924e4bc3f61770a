/** A containment as it stands: what each device's session, certificate and switch have done, and the way back. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Containment } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { formatCount } from '../../ui/format.ts';
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconHourglass, IconMinus } from '../../ui/icons.ts';
import { Card, Facts } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import type { Icon } from '../../ui/states.ts';
import { Moment, Until } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';

const LOOK: Readonly<Record<Containment['state'], string>> = {
  applying: 'learning',
  'in-force': 'trusted',
  'partly-failed': 'suspect',
  undone: 'contained',
  ended: 'contained',
};
type Step = Containment['devices'][number];
type StepWord = Step['session'] | Step['certificate'] | Step['switch'];
const STEP_ICONS: Readonly<Record<StepWord, Icon>> = {
  cut: IconCheck,
  held: IconCheck,
  applied: IconCheck,
  released: IconArrowBackUp,
  lifted: IconArrowBackUp,
  waiting: IconHourglass,
  failed: IconAlertTriangle,
  none: IconMinus,
};

function StepMark({ step }: { readonly step: StepWord }): ReactNode {
  const Sign = STEP_ICONS[step];
  return (
    <span className="cw-step" data-step={step}>
      <Sign size={14} stroke={2} aria-hidden /> {words.contain.steps[step]}
    </span>
  );
}

const Devices = ({ containment }: { readonly containment: Containment }): ReactNode => (
  <Table label={words.contain.result} columns={words.contain.resultColumns} tall live>
    {containment.devices.map((device) => (
      <tr key={device.device}>
        <th scope="row">
          {device.name} <span className="cw-muted">{device.device}</span>
        </th>
        <td>
          <StepMark step={device.session} />
        </td>
        <td>
          <StepMark step={device.certificate} />
        </td>
        <td>
          <StepMark step={device.switch} />
          {device.through !== null && <span className="cw-muted cw-small"> {device.through}</span>}
        </td>
        <td className="cw-small">{device.note}</td>
      </tr>
    ))}
  </Table>
);

function UndoForm({
  containment,
  onClose,
}: {
  readonly containment: Containment;
  readonly onClose: () => void;
}): ReactNode {
  const undo = useAct('undoContainment', {
    refresh: ['getIncident', 'traceIncident', 'listDevices', 'cityNow'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={words.contain.undoOf(formatCount(containment.devices.length))}
      wanted={words.wanted.undo}
      effect={<p>{words.contain.undoEffect}</p>}
      suggestions={words.contain.undoReasons}
      busy={undo.isPending}
      error={undo.error}
      onSubmit={(reason) => undo.mutate({ params: { id: containment.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

/** How many of the devices are wholly cut off. */
const settled = (containment: Containment): number =>
  containment.devices.filter((one) => one.switch !== 'waiting' && one.switch !== 'failed').length;

const About = ({ containment }: { readonly containment: Containment }): ReactNode => (
  <Facts
    facts={[
      {
        term: words.contain.applied,
        value: (
          <>
            <Moment at={containment.applied} /> · <Person id={containment.by} />
          </>
        ),
      },
      { term: words.contain.because, value: containment.reason },
      {
        term: words.contain.endsTerm,
        value: (
          <>
            <Moment at={containment.ends} /> (<Until at={containment.ends} />)
          </>
        ),
      },
      {
        term: words.contain.confirmed,
        value: words.contain.of(formatCount(settled(containment)), formatCount(containment.devices.length)),
      },
      ...(containment.undone
        ? [
            {
              term: words.contain.undone,
              value: (
                <>
                  <Moment at={containment.undone.at} /> · <Person id={containment.undone.by} />:{' '}
                  {containment.undone.reason}
                </>
              ),
            },
          ]
        : []),
    ]}
  />
);

export function ContainmentCard({ containment }: { readonly containment: Containment }): ReactNode {
  const [undoing, setUndoing] = useState(false);
  const mayAct = useRole('operator', 'analyst');
  const holds = ['applying', 'in-force', 'partly-failed'].includes(containment.state);
  const state = (
    <span className="cw-badge" data-state={LOOK[containment.state]}>
      {words.contain.states[containment.state]}
    </span>
  );
  return (
    <Card title={holds ? words.contain.now : words.contain.before} aside={state}>
      <p className="cw-plan-sentence">{containment.sentence}</p>
      <About containment={containment} />
      <Devices containment={containment} />
      {holds && mayAct && (
        <div className="cw-card-actions">
          <Button
            variant="default"
            leftSection={<IconArrowBackUp size={16} aria-hidden />}
            onClick={() => setUndoing(true)}
          >
            {words.contain.undo}
          </Button>
        </div>
      )}
      <Modal
        opened={undoing}
        onClose={() => setUndoing(false)}
        title={words.contain.undo}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <UndoForm containment={containment} onClose={() => setUndoing(false)} />
      </Modal>
    </Card>
  );
}
