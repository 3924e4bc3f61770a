/** Which class belongs in which VLAN, who is quarantined where, the switches, and the RADIUS server's certificates. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, TextInput } from '@mantine/core';
import { VLAN_CLASSES } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { Badge } from '../../ui/badge.tsx';
import { formatDate } from '../../ui/format.ts';
import { IconAlertTriangle, IconCheck, IconHourglass } from '../../ui/icons.ts';
import { Card } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Until } from '../../ui/time.tsx';
import { draftOfPlan, movedBy, planOf, QUARANTINE, type NetworkAccess, type PlanDraft } from './network-access.ts';

const said = words.networks;
const LOOK = {
  good: ['trusted', IconCheck],
  'ends-soon': ['watched', IconHourglass],
  ended: ['suspect', IconAlertTriangle],
} as const;

const nameOf = (one: string): string =>
  one === QUARANTINE
    ? said.vlans.quarantine
    : one === 'site-gateway'
      ? said.kinds['site-gateway']
      : words.classes[one as keyof typeof words.classes].many;

interface AccessProps {
  readonly access: NetworkAccess;
}

function EditForm({ access, onClose }: AccessProps & { readonly onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState<PlanDraft>(() => draftOfPlan(access.plan));
  const act = useAct('setVlans', { refresh: ['getNetworkAccess'], done: onClose });
  const read = planOf(draft);
  const wrong = 'wrong' in read ? read.wrong : [];
  const effect = 'plan' in read ? said.vlans.effect(movedBy(read.plan, access)) : said.vlans.range;
  const say = { effect, yes: said.vlans.submit, wanted: said.wantedVlans };
  const submit = (): void => {
    if ('plan' in read) act.mutate({ body: read.plan });
  };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={wrong.length > 0}>
      <div className="cw-fields">
        {[QUARANTINE, ...VLAN_CLASSES].map((one) => (
          <TextInput
            key={one}
            label={nameOf(one)}
            value={draft[one] ?? ''}
            maxLength={4}
            inputMode="numeric"
            error={wrong.includes(one) ? said.vlans.range : null}
            onChange={(event) => setDraft({ ...draft, [one]: event.currentTarget.value })}
          />
        ))}
      </div>
    </ActForm>
  );
}

function Plan({ access }: AccessProps): ReactNode {
  const [open, setOpen] = useState(false);
  const mayManage = useRole('operator');
  const { plan, sessions } = access;
  const edit = (
    <Button size="xs" variant="default" onClick={() => setOpen(true)}>
      {said.vlans.edit}
    </Button>
  );
  const here = (is: (one: NetworkAccess['sessions'][number]) => boolean): number => sessions.filter(is).length;
  return (
    <Card title={said.vlans.title} {...(mayManage ? { aside: edit } : {})}>
      <p className="cw-muted">{said.vlans.why}</p>
      <Table label={said.vlans.title} columns={said.vlans.columns} texts={1}>
        <tr>
          <th scope="row">{said.vlans.quarantine}</th>
          <td className="cw-num">
            <strong>{plan.quarantine}</strong>
          </td>
          <td className="cw-num">{here(({ quarantined }) => quarantined)}</td>
        </tr>
        {VLAN_CLASSES.map((name) => {
          const vlan = plan.classes.find((one) => one.class === name)?.vlan;
          return (
            <tr key={name}>
              <th scope="row">{nameOf(name)}</th>
              <td className="cw-num">{vlan ?? <span className="cw-muted">{said.vlans.noVlan}</span>}</td>
              <td className="cw-num">{here((one) => one.class === name)}</td>
            </tr>
          );
        })}
      </Table>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={said.vlans.edit}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <EditForm access={access} onClose={() => setOpen(false)} />}
      </Modal>
    </Card>
  );
}

const Switches = ({ access: { switches } }: AccessProps): ReactNode => (
  <Card title={said.switches.title}>
    <p className="cw-muted">{switches.length === 0 ? said.switches.none : said.switches.why}</p>
    {switches.length > 0 && (
      <Table label={said.switches.title} columns={said.switches.columns} texts={2} tall>
        {switches.map(({ name, address, coaPort }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <code>{address}</code>
            </td>
            <td className="cw-num">{coaPort}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

const Certificates = ({ access: { certificates } }: AccessProps): ReactNode => (
  <Card title={said.radius.title}>
    {certificates.length === 0 ? (
      <p className="cw-muted">{said.radius.none}</p>
    ) : (
      <Table label={said.radius.title} columns={said.radius.columns}>
        {certificates.map(({ kind, notAfter, state }) => {
          const [look, icon] = LOOK[state];
          return (
            <tr key={kind}>
              <th scope="row">{said.radius.certificates[kind]}</th>
              <td>
                {formatDate(notAfter)}
                <span className="cw-block cw-muted cw-small">
                  <Until at={notAfter} />
                </span>
              </td>
              <td>
                <Badge look={look} icon={icon} text={said.radius.states[state]} />
              </td>
            </tr>
          );
        })}
      </Table>
    )}
  </Card>
);

export const Vlans = ({ access }: AccessProps): ReactNode => (
  <div className="cw-two">
    <Plan access={access} />
    <div className="cw-stack-wide">
      <Certificates access={access} />
      <Switches access={access} />
    </div>
  </div>
);
