/** What a device must show before it is handed over: each check with its state, why and fix; test again, sign, fetch. */
import { Fragment, useState, type ReactNode } from 'react';
import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Gate, GateCheck, HandoverDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { queries } from '../../live/live.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { IconAlertTriangle, IconCheck, IconHelp, IconHourglass } from '../../ui/icons.ts';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { LetBe, Withdraw } from './gate-exception.tsx';
import { signAndHandOver } from './sign-handover.ts';

const said = words.gate;
const LOOK_REFRESH_MS = 2_000;
const LOOK = {
  unknown: ['unknown', IconHelp],
  passed: ['trusted', IconCheck],
  failed: ['suspect', IconAlertTriangle],
  excepted: ['watched', IconHourglass],
} as const;

type Excepting = { readonly check: GateCheck; readonly act: 'letBe' | 'withdraw' };

/** What is green needs no exception; one that stands can be taken back even so. */
const ExceptButton = (props: { readonly one: GateCheck; readonly onOpen: (open: Excepting) => void }): ReactNode => {
  const { one: check, onOpen } = props;
  if (check.exception === null && check.state === 'passed') return null;
  const act = check.exception === null ? 'letBe' : 'withdraw';
  return (
    <Button
      size="compact-xs"
      mt={4}
      variant="default"
      aria-label={`${said[act]}: ${said.checks[check.check]}`}
      onClick={() => onOpen({ check, act })}
    >
      {said[act]}
    </Button>
  );
};

interface CheckRowProps {
  readonly one: GateCheck;
  readonly onOpen: ((open: Excepting) => void) | null;
}
function CheckRow({ one, onOpen }: CheckRowProps): ReactNode {
  const shown = one.state !== 'passed' && one.exception !== null ? 'excepted' : one.state;
  const [look, icon] = LOOK[shown];
  return (
    <li>
      <p>
        <Badge look={look} icon={icon} text={said.states[shown]} /> <strong>{said.checks[one.check]}</strong>
      </p>
      <p>{one.why}.</p>
      {one.fix !== null && <p className="cw-muted">{said.fix(one.fix)}</p>}
      {one.exception !== null && (
        <p className="cw-small">
          {said.excepted(one.exception.owner)} <Moment at={one.exception.until} />. {one.exception.reason}
        </p>
      )}
      {one.at !== null && (
        <p className="cw-muted cw-small">
          {said.seenBy(one.by ?? said.city)} <Age at={one.at} />
        </p>
      )}
      {onOpen && <ExceptButton one={one} onOpen={onOpen} />}
    </li>
  );
}

function Signing({ device, draft, onClose }: { device: string; draft: HandoverDraft; onClose: () => void }): ReactNode {
  const act = useMutation({
    mutationFn: () => signAndHandOver(device, draft),
    onSuccess: () => {
      for (const stale of ['getGate', 'listGates', 'listHandovers'])
        void queries.invalidateQueries({ queryKey: [stale] });
      onClose();
    },
  });
  return (
    <div className="cw-stack">
      <p>{said.signLead}</p>
      <ul className="cw-stack">
        {draft.words.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>
        {said.hash} <code className="cw-hash">{draft.hash}</code>
      </p>
      {act.error && <ProblemNote error={act.error} wanted={said.wantedSign} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button loading={act.isPending} onClick={() => act.mutate()}>
          {said.sign}
        </Button>
      </div>
    </div>
  );
}

function HandOver({ device, onClose }: { readonly device: string; readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [company, setCompany] = useState('');
  const draft = useAct('draftHandover');
  if (draft.data) return <Signing device={device} draft={draft.data} onClose={onClose} />;
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        const body = { installer: name.trim(), company: company.trim() === '' ? null : company.trim() };
        if (body.installer !== '') draft.mutate({ params: { id: device }, body });
      }}
    >
      <p>{said.handOverEffect}</p>
      <TextInput
        required
        label={said.installer}
        maxLength={80}
        value={name}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={said.company}
        maxLength={80}
        value={company}
        onChange={(event) => setCompany(event.currentTarget.value)}
      />
      {draft.error && <ProblemNote error={draft.error} wanted={said.wantedDraft} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={draft.isPending}>
          {said.read}
        </Button>
      </div>
    </form>
  );
}

const Files = ({ id }: { readonly id: string }): ReactNode => (
  <p className="cw-small">
    {said.files}
    {(['pdf', 'json', 'p7s'] as const).map((kind) => (
      <Fragment key={kind}>
        {' '}
        <a href={`/api/handovers/${id}/certificate.${kind}`} download={`${id}.${kind}`}>
          {said.kinds[kind]}
        </a>
      </Fragment>
    ))}
  </p>
);

interface BodyProps {
  readonly gate: Gate;
  readonly onOpen: ((open: Excepting) => void) | null;
}
const Body = ({ gate, onOpen }: BodyProps): ReactNode => (
  <>
    <p>{gate.words}.</p>
    {gate.handover !== null && (
      <>
        <p className="cw-small">
          {said.by(gate.handover.installer)} <Moment at={gate.handover.at} />
        </p>
        <Files id={gate.handover.id} />
      </>
    )}
    <ul className="cw-stack" aria-label={said.title}>
      {gate.checks.map((one) => (
        <CheckRow key={one.check} one={one} onOpen={onOpen} />
      ))}
    </ul>
  </>
);

interface ExceptModalProps {
  readonly device: string;
  readonly open: Excepting | null;
  readonly onClose: () => void;
}
function ExceptModal({ device, open, onClose }: ExceptModalProps): ReactNode {
  const title = open
    ? said[open.act === 'letBe' ? 'letBeOf' : 'withdrawOf'](said.checks[open.check.check], device)
    : '';
  const Form = open?.act === 'letBe' ? LetBe : Withdraw;
  return (
    <Modal opened={open !== null} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': words.close }}>
      {open && <Form device={device} check={open.check.check} onClose={onClose} />}
    </Modal>
  );
}

export function GateCard({ id, title = said.title }: { readonly id: string; readonly title?: string }): ReactNode {
  const [looking, setLooking] = useState(false);
  const gate = useAsk('getGate', { params: { id } }, looking ? { refreshMs: LOOK_REFRESH_MS } : {});
  const test = useAct('testGate', { refresh: ['getGate', 'listGates'], done: () => setLooking(true) });
  const mayAct = useRole('operator', 'installer');
  const mayExcept = useRole('operator');
  const [open, setOpen] = useState(false);
  const [excepting, setExcepting] = useState<Excepting | null>(null);
  const ready = gate.data?.state === 'ready';
  return (
    <Card title={title}>
      <Answered query={gate} wanted={said.wanted} skeleton={<RowsSkeleton rows={5} />}>
        {(answer) => <Body gate={answer} onOpen={mayExcept ? setExcepting : null} />}
      </Answered>
      {test.error && <ProblemNote error={test.error} wanted={said.wantedTest} />}
      {mayAct && (
        <div className="cw-card-actions">
          <Button
            size="xs"
            variant="default"
            loading={test.isPending || gate.data?.looking != null}
            onClick={() => test.mutate({ params: { id } })}
          >
            {said.test}
          </Button>
          <Button size="xs" disabled={!ready} onClick={() => setOpen(true)}>
            {said.handOver}
          </Button>
        </div>
      )}
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={said.handOverOf(id)}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <HandOver device={id} onClose={() => setOpen(false)} />}
      </Modal>
      <ExceptModal device={id} open={excepting} onClose={() => setExcepting(null)} />
    </Card>
  );
}
