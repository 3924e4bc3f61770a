/** Makers' roots: whose factory certificates may ask for a first certificate of the city. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import type { MakerRoot } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatDate } from '../../ui/format.ts';
import { IconCertificate, IconPlus } from '../../ui/icons.ts';
import { Card, Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { Person } from './person.tsx';

const said = words.enrol.makers;
const APPROVALS = ['automatic', 'each'] as const;

interface Pin {
  readonly maker: string | null;
  readonly pem: string;
  readonly fingerprint: string;
  readonly approval: MakerRoot['approval'];
}
const NO_PIN: Pin = { maker: null, pem: '', fingerprint: '', approval: 'automatic' };

function PinFields({
  pin,
  onChange,
}: {
  readonly pin: Pin;
  readonly onChange: (patch: Partial<Pin>) => void;
}): ReactNode {
  const parties = useAsk('listParties', {}).data?.parties ?? [];
  return (
    <>
      <Select
        label={said.form.maker}
        data={parties.filter(({ kind }) => kind === 'maker').map(({ id, name }) => ({ value: id, label: name }))}
        value={pin.maker}
        searchable
        nothingFoundMessage={said.noMakers}
        onChange={(maker) => onChange({ maker })}
        data-autofocus
      />
      <Textarea
        label={said.form.pem}
        value={pin.pem}
        autosize
        minRows={4}
        maxRows={10}
        placeholder="-----BEGIN CERTIFICATE-----"
        onChange={(event) => onChange({ pem: event.currentTarget.value })}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <TextInput
        label={said.form.fingerprint}
        description={said.form.fingerprintHint}
        value={pin.fingerprint}
        onChange={(event) => onChange({ fingerprint: event.currentTarget.value })}
      />
      <Select
        label={said.form.approval}
        data={APPROVALS.map((value) => ({ value, label: said.approvals[value] }))}
        value={pin.approval}
        allowDeselect={false}
        onChange={(value) => onChange({ approval: value === 'each' ? 'each' : 'automatic' })}
      />
    </>
  );
}

function PinForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const pin = useAct('pinMakerRoot', { refresh: ['listMakerRoots'], done: onClose });
  const [draft, setDraft] = useState(NO_PIN);
  const { maker, pem, fingerprint, approval } = draft;
  const submit = (): void => {
    if (maker === null) return;
    pin.mutate({ body: { maker, pem: pem.trim(), fingerprint: fingerprint.trim(), approval } });
  };
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <PinFields pin={draft} onChange={(patch) => setDraft({ ...draft, ...patch })} />
      {pin.error && <ProblemNote error={pin.error} wanted={words.wanted.pinRoot} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button
          type="submit"
          loading={pin.isPending}
          disabled={maker === null || pem.trim() === '' || fingerprint.trim() === ''}
        >
          {said.form.submit}
        </Button>
      </div>
    </form>
  );
}

function RemoveForm({ root, onClose }: { readonly root: MakerRoot; readonly onClose: () => void }): ReactNode {
  const remove = useAct('removeMakerRoot', { refresh: ['listMakerRoots'], done: onClose });
  return (
    <ConfirmForm
      act={said.removeYes}
      wanted={words.wanted.removeRoot}
      effect={said.removeEffect}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { fingerprint: root.fingerprint } })}
      onCancel={onClose}
    />
  );
}

interface RowProps {
  readonly root: MakerRoot;
  readonly onRemove: (() => void) | null;
}
const Row = ({ root, onRemove }: RowProps): ReactNode => (
  <tr>
    <th scope="row">{root.maker}</th>
    <td className="cw-wrap">
      {root.subject}
      <span className="cw-block cw-hash">
        <Copyable value={root.fingerprint} label="SHA-256" />
      </span>
    </td>
    <td>{said.approvals[root.approval]}</td>
    <td>{formatDate(root.notAfter)}</td>
    <td>
      <Moment at={root.pinned} />
      <span className="cw-block cw-muted cw-small">
        <Person id={root.by} />
      </span>
    </td>
    <td className="cw-row-actions">
      {onRemove && (
        <Button size="xs" variant="subtle" color="danger" onClick={onRemove}>
          {said.remove}
        </Button>
      )}
    </td>
  </tr>
);

type Open = { readonly form: 'pin' } | { readonly form: 'remove'; readonly root: MakerRoot };

const Whole = (props: {
  readonly roots: readonly MakerRoot[];
  readonly onRemove: ((root: MakerRoot) => void) | null;
}): ReactNode => (
  <Table label={words.enrol.tabs.makers} columns={said.columns}>
    {props.roots.map((root) => (
      <Row key={root.fingerprint} root={root} onRemove={props.onRemove && (() => props.onRemove?.(root))} />
    ))}
  </Table>
);

export function Makers(): ReactNode {
  const roots = useAsk('listMakerRoots', {});
  const mayPin = useRole('operator');
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  const pin = mayPin && (
    <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setOpen({ form: 'pin' })}>
      {said.pin}
    </Button>
  );
  return (
    <Card title={words.enrol.tabs.makers} aside={pin}>
      <p className="cw-muted">{said.why}</p>
      {!mayPin && <p className="cw-muted">{said.noRole}</p>}
      <Answered query={roots} wanted={words.wanted.roots} skeleton={<RowsSkeleton rows={3} />}>
        {(answer) =>
          answer.roots.length === 0 ? (
            <Empty icon={IconCertificate} {...said.empty} />
          ) : (
            <Whole roots={answer.roots} onRemove={mayPin ? (root) => setOpen({ form: 'remove', root }) : null} />
          )
        }
      </Answered>
      <Modal
        opened={open !== null}
        onClose={close}
        title={open?.form === 'remove' ? said.removeOf(open.root.maker) : said.pin}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open?.form === 'pin' && <PinForm onClose={close} />}
        {open?.form === 'remove' && <RemoveForm root={open.root} onClose={close} />}
      </Modal>
    </Card>
  );
}
