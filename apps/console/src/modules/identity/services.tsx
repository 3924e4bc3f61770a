/** Cloud services: who answers for each, what it may reach, how it is known, when it was seen; registered and ended here. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { ServiceIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { formatHash } from '../../ui/format.ts';
import { IconBan, IconCheck, IconCloud, IconPlus } from '../../ui/icons.ts';
import { Empty, Facts, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { Person } from './person.tsx';
import { usePersonName } from './person-name.ts';
import { CertificateAct, EndAct, KeyAct, ReachAct, SecretAct } from './service-acts.tsx';
import { RegisterService } from './service-register.tsx';
import { ServiceTrust } from './trust-card.tsx';

const said = words.cloud;
const ACTS = { secret: SecretAct, certificate: CertificateAct, key: KeyAct, reach: ReachAct, end: EndAct } as const;
type Act = keyof typeof ACTS;
type Open = { readonly form: 'register' } | { readonly form: 'manage' | 'trust'; readonly id: string };

function KnownBy({ service }: { readonly service: ServiceIdentity }): ReactNode {
  const { secret, certificate, publicKey } = service;
  const ways = [
    ...(secret === null ? [] : [{ name: said.ways.secret, when: said.ways.since, at: secret }]),
    ...(certificate === null ? [] : [{ name: said.ways.certificate, when: said.ways.until, at: certificate.notAfter }]),
  ];
  return (
    <>
      {ways.map(({ name, when, at }) => (
        <span key={name} className="cw-block">
          {name}{' '}
          <span className="cw-muted cw-small">
            {when} <Moment at={at} />
          </span>
        </span>
      ))}
      {publicKey !== null && (
        <span className="cw-block">
          {said.ways.key}{' '}
          <code className="cw-muted" title={publicKey}>
            {formatHash(publicKey)}
          </code>
        </span>
      )}
      {ways.length === 0 && publicKey === null && <span className="cw-muted">{said.ways.none}</span>}
    </>
  );
}

function Standing({ service: { state, ended } }: { readonly service: ServiceIdentity }): ReactNode {
  return (
    <>
      <Badge
        look={state === 'active' ? 'trusted' : 'unknown'}
        icon={state === 'active' ? IconCheck : IconBan}
        text={said.states[state]}
      />
      {ended && <span className="cw-block cw-muted cw-small">{ended.reason}</span>}
    </>
  );
}

interface RowProps {
  readonly service: ServiceIdentity;
  readonly owner: string;
  readonly onManage: (() => void) | null;
  readonly onTrust: () => void;
}
const Row = ({ service, owner, onManage, onTrust }: RowProps): ReactNode => (
  <tr data-off={service.state === 'ended' || undefined}>
    <th scope="row">
      {service.name}
      <span className="cw-block cw-muted cw-small">{service.id}</span>
    </th>
    <td>{owner}</td>
    <td>
      {service.reach.data.map((one) => said.data[one].name).join(', ')}
      <span className="cw-block cw-muted cw-small">{said.sites(service.reach.sites.length)}</span>
    </td>
    <td>
      <KnownBy service={service} />
    </td>
    <td>{service.lastUsed === null ? said.never : <Age at={service.lastUsed} />}</td>
    <td>
      <Standing service={service} />
    </td>
    <td className="cw-row-actions">
      {service.state === 'active' && (
        <Button size="xs" variant="default" aria-label={words.trust.of(service.name)} onClick={onTrust}>
          {words.trust.short}
        </Button>
      )}
      {onManage && (
        <Button size="xs" variant="default" aria-label={said.manageOf(service.name)} onClick={onManage}>
          {said.manage}
        </Button>
      )}
    </td>
  </tr>
);

interface ManageProps {
  readonly service: ServiceIdentity;
  readonly issuer: string;
  readonly isNew: boolean;
  readonly onClose: () => void;
}
function Manage({ service, issuer, isNew, onClose }: ManageProps): ReactNode {
  const [act, setAct] = useState<Act | null>(null);
  const Form = act === null ? null : ACTS[act];
  const { id, name, spiffe, publicKey, registered, by, ended } = service;
  return (
    <div className="cw-stack">
      {isNew && act === null && <p role="status">{said.registered(name)}</p>}
      <Facts
        facts={[
          { term: said.facts.id, value: <code>{id}</code> },
          { term: said.facts.issuer, value: <code>{issuer}</code> },
          { term: said.facts.spiffe, value: <code className="cw-wrap">{spiffe}</code> },
          ...(publicKey === null
            ? []
            : [{ term: said.facts.key, value: <code className="cw-wrap">{publicKey}</code> }]),
          {
            term: said.facts.registered,
            value: (
              <>
                <Moment at={registered} /> {said.by} <Person id={by} />
              </>
            ),
          },
          ...(ended === null ? [] : [{ term: said.facts.reason, value: ended.reason }]),
        ]}
      />
      {Form && <Form service={service} onClose={() => setAct(null)} />}
      {!Form && ended === null && (
        <div className="cw-card-actions">
          {(['secret', 'certificate', 'key', 'reach'] as const).map((one) => (
            <Button key={one} size="xs" variant="default" onClick={() => setAct(one)}>
              {said[one]}
            </Button>
          ))}
          <Button size="xs" variant="subtle" color="danger" onClick={() => setAct('end')}>
            {said.end}
          </Button>
          <Button size="xs" className="cw-push" onClick={onClose}>
            {words.done}
          </Button>
        </div>
      )}
    </div>
  );
}

interface FormsProps {
  readonly open: Open | null;
  readonly answer: { readonly services: readonly ServiceIdentity[]; readonly issuer: string } | undefined;
  readonly onOpen: (open: Open | null) => void;
}
function Forms({ open, answer, onOpen }: FormsProps): ReactNode {
  const [fresh, setFresh] = useState<string | null>(null);
  const chosen =
    open === null || open.form === 'register' ? undefined : answer?.services.find(({ id }) => id === open.id);
  const managed = open?.form === 'manage' ? chosen : undefined;
  const close = (): void => onOpen(null);
  return (
    <Modal
      opened={open?.form === 'register' || chosen !== undefined}
      onClose={close}
      size="lg"
      title={chosen ? chosen.name : said.register}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {open?.form === 'register' && (
        <RegisterService
          onClose={close}
          onDone={({ id }) => {
            setFresh(id);
            onOpen({ form: 'manage', id });
          }}
        />
      )}
      {open?.form === 'trust' && chosen && <ServiceTrust id={chosen.id} />}
      {managed && (
        <Manage service={managed} issuer={answer?.issuer ?? ''} isNew={managed.id === fresh} onClose={close} />
      )}
    </Modal>
  );
}

export function ServicesPage(): ReactNode {
  const services = useAsk('listServices', {});
  const parties = useAsk('listParties', {}).data?.parties ?? [];
  const mayManage = useRole('administrator');
  const [open, setOpen] = useState<Open | null>(null);
  const person = usePersonName();
  const nameOf = (owner: string): string => parties.find(({ id }) => id === owner)?.name ?? person(owner);
  const register = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen({ form: 'register' })}>
      {said.register}
    </Button>
  );
  return (
    <Page title={words.pages.services.name} lead={said.lead} {...(mayManage ? { actions: register } : {})}>
      <div className="cw-card cw-card-flush">
        <Answered query={services} wanted={said.wantedList} skeleton={<RowsSkeleton rows={4} height={40} />}>
          {(answer) =>
            answer.services.length === 0 ? (
              <Empty icon={IconCloud} {...said.empty} />
            ) : (
              <Table label={words.pages.services.name} columns={said.columns} wide>
                {answer.services.map((one) => (
                  <Row
                    key={one.id}
                    service={one}
                    owner={nameOf(one.owner)}
                    onManage={mayManage ? () => setOpen({ form: 'manage', id: one.id }) : null}
                    onTrust={() => setOpen({ form: 'trust', id: one.id })}
                  />
                ))}
              </Table>
            )
          }
        </Answered>
      </div>
      {!mayManage && <p className="cw-muted cw-small">{said.noRole}</p>}
      <Forms open={open} answer={services.data} onOpen={setOpen} />
    </Page>
  );
}
