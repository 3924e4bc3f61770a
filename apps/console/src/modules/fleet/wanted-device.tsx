/** One device: what is wanted of it, where each value comes from, and what it runs instead. */
import { useState, type ReactNode } from 'react';
import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DeviceDesired } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconSearch } from '../../ui/icons.ts';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { valueAt } from './wanted-document.ts';

const said = words.wantedConfig;

const Value = ({ value }: { readonly value: unknown }): ReactNode =>
  value === undefined || value === null ? (
    <span className="cw-muted">{said.none}</span>
  ) : (
    <code>{JSON.stringify(value)}</code>
  );

const Difference = ({ desired }: { readonly desired: DeviceDesired }): ReactNode => (
  <Table label={said.differenceTitle} columns={said.differenceColumns}>
    {desired.difference.map(({ path, is, wanted }) => (
      <tr key={path}>
        <th scope="row">
          <code>{path}</code>
        </th>
        <td>
          <Value value={is} />
        </td>
        <td>
          <Value value={wanted} />
        </td>
      </tr>
    ))}
  </Table>
);

const Origins = ({ desired }: { readonly desired: DeviceDesired }): ReactNode => (
  <Table label={said.originsTitle} columns={said.originsColumns}>
    {desired.origins.map(({ path, scope, key }) => (
      <tr key={path}>
        <th scope="row">
          <code>{path}</code>
        </th>
        <td>
          <Value value={valueAt(desired.document, path)} />
        </td>
        <td>
          {said.scopes[scope]} {key}
        </td>
      </tr>
    ))}
  </Table>
);

const Shown = ({ desired }: { readonly desired: DeviceDesired }): ReactNode => (
  <div className="cw-stack">
    <p>
      <Link to="/devices/$id" params={{ id: desired.device }}>
        {desired.device}
      </Link>{' '}
      {said.stands[desired.drift]}
    </p>
    {desired.difference.length > 0 && (
      <>
        <h3 className="cw-small-head">{said.differenceTitle}</h3>
        <Difference desired={desired} />
      </>
    )}
    {desired.drift === 'drifted' && desired.difference.length === 0 && (
      <p className="cw-muted cw-small">{said.unknownDocument}</p>
    )}
    {desired.origins.length > 0 && (
      <>
        <h3 className="cw-small-head">{said.originsTitle}</h3>
        <Origins desired={desired} />
      </>
    )}
  </div>
);

function OfDevice({ id }: { readonly id: string }): ReactNode {
  const desired = useAsk('getDesired', { params: { id } });
  return (
    <Answered query={desired} wanted={words.wanted.desiredOf} skeleton={<RowsSkeleton rows={3} height={28} />}>
      {(answer) => <Shown desired={answer} />}
    </Answered>
  );
}

function Choose({ device }: { readonly device: string }): ReactNode {
  const setUrl = useSetUrl();
  const [id, setId] = useState(device);
  return (
    <form
      className="cw-wanted-choose"
      onSubmit={(event) => {
        event.preventDefault();
        setUrl({ subject: id.trim() });
      }}
    >
      <TextInput label={said.idOf.device} value={id} onChange={(event) => setId(event.currentTarget.value)} />
      <Button type="submit" variant="default" leftSection={<IconSearch size={16} aria-hidden />}>
        {said.show}
      </Button>
    </form>
  );
}

export function WantedDevice(): ReactNode {
  const { subject: device = '' } = useUrl();
  return (
    <Card title={said.deviceTitle}>
      <div className="cw-stack">
        <Choose key={device} device={device} />
        {device === '' ? <p className="cw-muted cw-small">{said.choose}</p> : <OfDevice key={device} id={device} />}
      </div>
    </Card>
  );
}
